import { setTime } from "../../paint/clock.js";
import { visible } from "../../paint/foreign.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { happenings } from "./happenings.js";
import { setOrderId } from "./order_id.js";
import { setCause } from "./order_row.js";

/** @typedef {import("./happenings.js").Happening} Happening */

/** So many are shown. */
const MOST = 50;

/** What happened to a cart since the page was opened, newest first. */
export class ChangeLog {
  /** @type {Map<string, Happening>} */
  #known = new Map();
  #list;
  #none;

  /** @param {Element} place  what holds the list */
  constructor(place) {
    /** @type {KeyedList<Happening>} */
    this.#list = new KeyedList(part(place, ".changes"), "change", ChangeRow);
    this.#none = part(place, '[data-empty="changes"]');
  }

  /**
   * @param {import("../../api/cart.js").Order[]} orders  the one that changed last first
   * @param {number} many  changes since the page was opened
   * @returns {string} what is new in words, to be said; empty where nothing is
   */
  hear(orders, many) {
    const newest = happenings(orders).slice(0, Math.min(many, MOST));
    const fresh = newest.filter(({ key }) => !this.#known.has(key));
    const all = new Map(newest.map((each) => [each.key, each]));
    for (const [key, each] of this.#known) if (!all.has(key)) all.set(key, each);
    this.#known = new Map([...all].slice(0, MOST));
    this.#paint();
    const [only] = fresh;
    if (!only) return "";
    return fresh.length === 1 ? `${visible(String(only.id))} ${only.words}` : `${fresh.length} changes of this cart`;
  }

  /** Begin anew: the cart is another one. */
  clear() {
    this.#known.clear();
    this.#paint();
  }

  #paint() {
    this.#list.paint([...this.#known.keys()], (key) => /** @type {Happening} */ (this.#known.get(key)));
    show(this.#none, this.#known.size === 0);
  }
}

/** One change, in a line. */
class ChangeRow {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
  }

  /** @param {Happening} happening */
  update({ key, id, words, status, at, cause }) {
    const row = this.element;
    setAttribute(row, "data-change", key);
    setTime(part(row, ".change-at"), at);
    setAttribute(part(row, ".mark"), "data-status", status);
    setOrderId(part(row, ".change-id"), id);
    setText(part(row, ".change-words"), words);
    setCause(part(row, ".change-cause"), cause);
  }
}
