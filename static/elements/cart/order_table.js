import { textOf } from "../../json.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number } from "../../paint/words.js";
import { OrderRow } from "./order_row.js";

/** @typedef {import("../../api/cart.js").Order} Order */
/** @typedef {import("../../api/cart.js").OrdersPage} OrdersPage */

/** How often rows come and go: what is under an eye stays for as long. */
const SETTLE_MS = 2_000;

/** A page of the orders of a cart: they change in place at once, and come and go when nobody uses the table. */
export class OrderTable {
  #place;
  #address;
  #list;
  #use;
  /** @type {string[]} the orders on screen */
  #shown;
  /** @type {Map<string, Order>} what is known of them, but for those that are as the server rendered them */
  #orders = new Map();
  /** @type {OrdersPage | null} */
  #page = null;
  #settledAt = -Infinity;
  #settledTotal;
  #timer = 0;

  /**
   * @param {HTMLElement} place  what holds the table and its head
   * @param {URL} address  of the page
   * @param {import("../carts/in_use.js").InUse} use
   * @param {AbortSignal} signal
   */
  constructor(place, address, use, signal) {
    this.#place = place;
    this.#address = address;
    const body = part(place, "tbody");
    /** @type {KeyedList<Order | null>} */
    this.#list = new KeyedList(body, "order", OrderRow);
    this.#shown = [...this.#list.keys()];
    this.#settledTotal = Number(place.dataset.total);
    this.#use = use;
    part(place, ".pending").addEventListener("click", () => {
      this.#settle();
      body.focus({ preventScroll: true });
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /**
   * Take the page as it is now; and orders that changed, which may have left it.
   * @param {OrdersPage} page
   * @param {Order[]} changed
   */
  hear(page, changed) {
    this.#page = page;
    const heard = new Map([...changed, ...page.items].map((order) => [textOf(order.order_id), order]));
    const known = [...this.#shown, ...heard.keys()].map((key) => [key, heard.get(key) ?? this.#orders.get(key)]);
    this.#orders = new Map(/** @type {[string, Order][]} */ (known.filter(([, order]) => order !== undefined)));
    this.tend();
  }

  /** Nothing of it is known any more. */
  clear() {
    this.hear({ items: [], total: 0, next: null, back: null, first: 1, version: 0 }, []);
    this.#settle();
  }

  /** Settle where that is allowed, or come back when it is; and paint. */
  tend() {
    clearTimeout(this.#timer);
    if (this.#page === null) return;
    if (!this.#use.now && this.#isBehind) {
      const wait = this.#settledAt + SETTLE_MS - performance.now();
      if (wait <= 0) {
        this.#settle();
        return;
      }
      this.#timer = setTimeout(() => this.tend(), wait + 1);
    }
    this.#paint(this.#page);
  }

  get #isBehind() {
    const wanted = this.#page?.items ?? [];
    const shown = this.#shown;
    return wanted.length !== shown.length || wanted.some(({ order_id }, at) => textOf(order_id) !== shown[at]);
  }

  #settle() {
    if (this.#page === null) return;
    this.#shown = this.#page.items.map(({ order_id }) => textOf(order_id));
    this.#settledAt = performance.now();
    this.#settledTotal = this.#page.total;
    this.#paint(this.#page);
  }

  /** @param {OrdersPage} page */
  #paint({ items, total, next, back, first }) {
    const place = this.#place;
    const shown = this.#shown;
    this.#list.paint(shown, (key) => this.#orders.get(key) ?? null);
    show(part(place, "table"), shown.length > 0);
    show(part(place, '[data-empty="orders"]'), shown.length === 0);
    setText(part(place, ".orders-range"), shown.length > 0 ? `${number(first)}–${number(first + items.length - 1)} of ` : "");
    setText(part(place, ".orders-total"), count(total, "order"));
    this.#link("back", back, this.#address.searchParams.has("cursor"));
    this.#link("next", next, next !== null);
    const held = this.#isBehind && this.#use.now ? this.#held(items, total) : { many: 0, words: "" };
    const bar = part(place, ".pending");
    setAttribute(bar, "data-pending", held.many);
    setText(part(bar, ".pending-words"), held.words);
    show(bar, held.many > 0);
  }

  /**
   * What is held back while the table is in use.
   * @param {Order[]} items
   * @param {number} total
   */
  #held(items, total) {
    const shown = new Set(this.#shown);
    const came = items.filter(({ order_id }) => !shown.has(textOf(order_id))).length;
    if (came === 0) {
      const wanted = new Set(items.map(({ order_id }) => textOf(order_id)));
      const left = [...shown].filter((key) => !wanted.has(key)).length;
      return { many: Math.max(1, left), words: `${count(Math.max(1, left), "change")} – show` };
    }
    // More may have come than one page holds.
    const isTop = !this.#address.searchParams.has("cursor") && this.#address.searchParams.get("sort") !== "oldest";
    const many = isTop ? Math.max(came, total - this.#settledTotal) : came;
    return { many, words: `${number(many)} new – show` };
  }

  /**
   * @param {string} name
   * @param {string | null} cursor  null: the first page
   * @param {boolean} isThere
   */
  #link(name, cursor, isThere) {
    const link = part(this.#place, `[data-page="${name}"]`);
    if (!isThere) {
      setAttribute(link, "aria-disabled", "true");
      return;
    }
    link.removeAttribute("aria-disabled");
    const address = new URL(this.#address);
    if (cursor === null) address.searchParams.delete("cursor");
    else address.searchParams.set("cursor", cursor);
    setAttribute(link, "href", address.pathname + address.search);
  }
}
