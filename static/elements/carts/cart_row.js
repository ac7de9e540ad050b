import { cartAddress } from "../../address.js";
import { isQuoted, textOf } from "../../json.js";
import { setTime } from "../../paint/clock.js";
import { setForeign, visible } from "../../paint/foreign.js";
import { fresh, part, setAttribute, setText, show } from "../../paint/patch.js";
import { number, percent } from "../../paint/words.js";

/** @typedef {import("../../store.js").Cart} Cart */

/** How many chips a cart has at most, on its own page too: past them a person counts, and does not look. */
export const MOST_CHIPS = 1000;
const BECOMES_PAID = { duration: 900, easing: "ease-out" };

/** One cart on screen. */
export class CartRow {
  /** @type {Cart | null} */
  #cart = null;
  /** @type {Map<string, HTMLElement>} */
  #chips = new Map();

  /** @param {HTMLElement} element  a rendered `_cart.html` */
  constructor(element) {
    this.element = element;
    for (const chip of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-order]"))) {
      this.#chips.set(/** @type {string} */ (chip.dataset.order), chip);
    }
  }

  /** @param {Cart} cart */
  update(cart) {
    if (cart === this.#cart) return;
    this.#cart = cart;
    const row = this.element;
    setAttribute(row, "data-cart", cart.user_id);
    setAttribute(row, "data-version", cart.version);
    const user = part(row, ".cart-user");
    setAttribute(user, "href", cartAddress(cart.user_id));
    setAttribute(user, "title", visible(cart.user_id));
    setForeign(part(user, ".foreign"), cart.user_id);
    const all = cart.paid + cart.unpaid;
    setAttribute(part(row, ".bar-done"), "width", percent(cart.paid, all));
    setText(part(row, ".cart-paid"), number(cart.paid));
    setText(part(row, ".cart-all"), number(all));
    setTime(part(row, ".cart-time"), cart.updated_at);
    const shown = this.#paintChips(cart);
    const more = all + cart.waiting - shown;
    setText(part(row, ".cart-more-count"), number(more));
    show(part(row, ".cart-more"), more > 0);
  }

  /**
   * A chip on screen stays where it is, so that an order that becomes paid is seen to; a new one goes where
   * the newest-first order of the groups has it.
   * @param {Cart} cart
   * @returns {number} how many there are
   */
  #paintChips(cart) {
    const wanted = chipsOf(cart).slice(0, MOST_CHIPS);
    const staying = new Set(wanted.map(({ order }) => order));
    for (const [order, chip] of this.#chips) {
      if (staying.has(order)) continue;
      chip.remove();
      this.#chips.delete(order);
    }
    const list = part(this.element, ".chips");
    /** @type {HTMLElement | null} */
    let before = null;
    for (const { order, label, quoted, status } of wanted) {
      let chip = this.#chips.get(order);
      if (chip) {
        turn(chip, status);
      } else {
        chip = fresh("chip");
        setAttribute(chip, "data-order", order);
        setForeign(part(chip, ".chip-id"), label, { quoted });
        turn(chip, status);
        this.#chips.set(order, chip);
        list.insertBefore(chip, before ? before.nextElementSibling : list.firstElementChild);
      }
      before = chip;
    }
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
 */
function turn(chip, status) {
  if (chip.dataset.status === status) return;
  const seen = chip.isConnected && status === "paid";
  chip.dataset.status = status;
  setText(part(chip, ".chip-word"), status);
  if (seen && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    // Not a CSS transition: its row may move in the same frame, and a move ends transitions.
    chip.animate([
      { backgroundColor: "var(--surface)", boxShadow: "0 0 0 0 var(--paid-line)" },
      { backgroundColor: "var(--paid-line)", boxShadow: "0 0 0 3px var(--paid-line)", offset: 0.3 },
      { boxShadow: "0 0 0 7px transparent" },
    ], BECOMES_PAID);
  }
}
