import { cartAddress } from "../../address.js";
import { isQuoted, textOf } from "../../json.js";
import { setTime } from "../../paint/clock.js";
import { setForeign, setForeignCut, visible } from "../../paint/foreign.js";
import { fresh, part, putInOrder, setAttribute, setText, show } from "../../paint/patch.js";
import { number, percent } from "../../paint/words.js";

/** @typedef {import("../../store.js").Cart} Cart */

/** What the server renders, before anybody knows how wide the list is. */
const FIRST_CHIPS = 6;
const MOST_CHIPS = 20;
/** Pixels of a chip beside its text, and of a character of it, at the size of text that the page is made for. */
const CHIP_WIDTH = 32;
const CHARACTER_WIDTH = 6.8;
const WIDEST_CHIP = 128;

/** How much room the chips of a row have: what does not fit is counted, and not cut. */
export class Room {
  /** In pixels of text at its usual size; null: not measured yet. @type {number | null} */
  width = null;

  /** The class of the rows that have this room. */
  rows() {
    const room = this;
    return class extends CartRow {
      /** @param {HTMLElement} element */
      constructor(element) {
        super(element, room);
      }
    };
  }

  /**
   * Measure it whenever the list gets another width.
   * @param {HTMLElement} list
   * @param {() => void} changed
   * @param {AbortSignal} signal
   */
  watch(list, changed, signal) {
    const measure = () => {
      const chips = list.querySelector(".chips");
      const width = chips?.clientWidth;
      if (!width) return;
      const scale = Number.parseFloat(getComputedStyle(/** @type {Element} */ (chips)).fontSize) / 13;
      if (this.width === width / scale) return;
      this.width = width / scale;
      changed();
    };
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /**
   * How many of these fit.
   * @param {string[]} labels
   */
  of(labels) {
    if (this.width === null) return FIRST_CHIPS;
    let used = 0;
    let fitting = 0;
    for (const label of labels) {
      used += Math.min(WIDEST_CHIP, CHIP_WIDTH + label.length * CHARACTER_WIDTH) + 4;
      if (used > this.width + 4) break;
      fitting += 1;
    }
    return Math.max(1, fitting);
  }
}

/** One cart on screen, in a row of one line. */
export class CartRow {
  /** @type {Cart | null} */
  #cart = null;
  /** @type {number | null} */
  #width = null;
  /** @type {Map<string, HTMLElement>} */
  #chips = new Map();
  #room;

  /**
   * @param {HTMLElement} element  a rendered `_cart.html`
   * @param {Room} room
   */
  constructor(element, room) {
    this.element = element;
    this.#room = room;
    for (const chip of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-order]"))) {
      this.#chips.set(/** @type {string} */ (chip.dataset.order), chip);
    }
  }

  /** @param {Cart} cart */
  update(cart) {
    if (cart === this.#cart && this.#width === this.#room.width) return;
    this.#cart = cart;
    this.#width = this.#room.width;
    const row = this.element;
    setAttribute(row, "data-cart", cart.user_id);
    setAttribute(row, "data-version", cart.version);
    const user = part(row, ".cart-user");
    setAttribute(user, "href", cartAddress(cart.user_id));
    setAttribute(user, "title", visible(cart.user_id));
    setForeignCut(part(user, ".foreign"), cart.user_id);
    setAttribute(part(row, ".cart-pin"), "aria-label", `Pin ${visible(cart.user_id)}`);
    const all = cart.paid + cart.unpaid;
    setText(part(row, ".cart-unpaid"), cart.unpaid ? number(cart.unpaid) : "–");
    setText(part(row, ".cart-waiting"), cart.waiting ? number(cart.waiting) : "–");
    show(part(row, ".cart-age"), Boolean(cart.oldest_unpaid_at));
    setTime(part(row, ".cart-age time"), cart.oldest_unpaid_at ?? "");
    setAttribute(part(row, ".bar-done"), "width", percent(cart.paid, all));
    setText(part(row, ".cart-paid"), number(cart.paid));
    setText(part(row, ".cart-all"), number(all));
    setTime(part(row, ".cart-time"), cart.updated_at);
    const more = all + cart.waiting - this.#paintChips(cart);
    setText(part(row, ".cart-more-count"), number(more));
    show(part(row, ".cart-more"), more > 0);
  }

  /**
   * The newest of its orders, in the order in which the server renders them.
   * @param {Cart} cart
   * @returns {number} how many are shown
   */
  #paintChips(cart) {
    const newest = chipsOf(cart).slice(0, MOST_CHIPS);
    const wanted = newest.slice(0, this.#room.of(newest.map(({ label }) => label)));
    const staying = new Set(wanted.map(({ order }) => order));
    for (const [order, chip] of this.#chips) {
      if (staying.has(order)) continue;
      chip.remove();
      this.#chips.delete(order);
    }
    const chips = wanted.map(({ order, label, quoted, status }) => {
      const known = this.#chips.get(order);
      const chip = known ?? fresh("chip");
      if (!known) {
        setAttribute(chip, "data-order", order);
        setForeign(part(chip, ".chip-id"), label, { quoted });
        this.#chips.set(order, chip);
      }
      turn(chip, status, Boolean(known));
      return chip;
    });
    putInOrder(part(this.element, ".chips"), chips);
    return wanted.length;
  }
}

/**
 * The orders of a cart: unpaid, waiting, then paid; the newest of each first.
 * @param {Cart} cart
 */
function chipsOf({ unpaid_order_ids, waiting_payment_ids, paid_order_ids }) {
  return [
    ...group(unpaid_order_ids, "unpaid"),
    ...group(waiting_payment_ids, "waiting"),
    ...group(paid_order_ids, "paid"),
  ];
}

/**
 * @param {import("../../json.js").Id[]} ids
 * @param {string} status
 */
function group(ids, status) {
  return ids.slice(-MOST_CHIPS).reverse().map((id) => {
    const quoted = isQuoted(id);
    return { order: textOf(id), label: String(id), quoted, status };
  });
}

/**
 * @param {HTMLElement} chip
 * @param {string} status
 * @param {boolean} isSeen  whether it was on screen before
 */
function turn(chip, status, isSeen) {
  chip.toggleAttribute("data-turned", isSeen && chip.dataset.status !== status && status === "paid");
  if (chip.dataset.status === status) return;
  chip.dataset.status = status;
  setText(part(chip, ".chip-word"), status);
}
