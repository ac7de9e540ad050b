import { addressOf, EVERYTHING, same } from "../../address.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { CartRow } from "./cart_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Cart} Cart */

/** The page of carts, its empty states, and the way to the next page. */
export class CartList extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ store, place, painter }) {
    const { signal } = this.#life;
    /** @type {KeyedList<Cart>} */
    const list = new KeyedList(part(this, ".carts-list"), "cart", CartRow);
    const paint = () => {
      if (!store.ready) return;
      const { order, items } = store.carts;
      list.paint(order, (key) => /** @type {Cart} */ (items.get(key)));
      this.#paintAround(store, place);
    };
    store.watch(() => painter.ask(paint), signal);
    for (const change of ["move", "stay"]) place.addEventListener(change, () => painter.ask(paint), { signal });
    this.addEventListener("click", (event) => this.#click(event, place), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /**
   * @param {Ports["store"]} store
   * @param {Ports["place"]} place
   */
  #paintAround({ carts, uploads, next, stats, window }, place) {
    const none = carts.order.length === 0;
    const narrow = Boolean(window.search || window.filter !== EVERYTHING.filter || window.cursor);
    const narrowed = narrow && (stats.carts ?? 0) > 0;
    const busy = !same(window, place.window);
    setAttribute(this, "aria-busy", String(busy));
    show(part(this, '[data-empty="loading"]'), none && busy);
    show(part(this, '[data-empty="first"]'), none && !busy && !narrowed && uploads.order.length === 0);
    show(part(this, '[data-empty="waiting"]'), none && !busy && !narrowed && uploads.order.length > 0);
    show(part(this, '[data-empty="narrowed"]'), none && !busy && narrowed);
    for (const total of document.querySelectorAll(".carts-total")) setText(total, number(carts.total));
    const first = part(this, '[data-page="first"]');
    show(first, Boolean(window.cursor));
    setAttribute(first, "href", addressOf({ ...window, cursor: null }));
    const onward = part(this, '[data-page="next"]');
    show(onward, Boolean(next));
    setAttribute(onward, "href", addressOf({ ...window, cursor: next }));
    show(part(this, ".pager"), Boolean(next || window.cursor));
  }

  /**
   * @param {MouseEvent} event
   * @param {Ports["place"]} place
   */
  #click(event, place) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button > 0) return;
    const link = /** @type {Element} */ (event.target).closest("a[data-page], a[data-action=everything]");
    if (!link) return;
    event.preventDefault();
    const cursor = new URL(/** @type {HTMLAnchorElement} */ (link).href).searchParams.get("cursor");
    if (link.hasAttribute("data-page")) place.go({ cursor });
    else place.go(EVERYTHING);
    part(this, ".carts-list").focus({ preventScroll: true });
    this.closest("section")?.scrollIntoView({ block: "start" });
  }
}
