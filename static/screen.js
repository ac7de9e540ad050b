/** So many of the newest delays are looked at. */
const KEPT = 64;

/** @typedef {import("./store.js").Cart & {was?: number}} Cart */

/**
 * How long a record takes from its acceptance to the screen: the part before its frame by the server's clock, the part
 * behind it by this one's.
 */
export class Screen {
  /** @type {number[]} milliseconds */
  #delays = [];
  /** What each cart that came by its own change took until it was here, less when that was. @type {WeakMap<Cart, number>} */
  #came = new WeakMap();
  /** The server's time from which on what is accepted is waited for here. */
  #from = 0;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    store.watch(({ window, carts: changed }) => {
      const { at, receivedAt, carts } = store;
      const { sort, filter, cursor } = store.window;
      // Nothing is painted in a tab that nobody sees.
      if (window || document.hidden) {
        this.#from = Date.parse(at);
        this.#came = new WeakMap();
        return;
      }
      for (const key of changed ?? []) {
        const cart = /** @type {Cart | undefined} */ (carts.items.get(key));
        // In such a window a cart may come as another one has left.
        if (!cart || (cart.was === undefined && (sort !== "recent" || filter !== "all" || cursor))) continue;
        const accepted = Date.parse(cart.updated_at);
        if (accepted > this.#from) this.#came.set(cart, Date.parse(at) - accepted - receivedAt);
      }
    });
  }

  /** The middle one of the newest delays, in milliseconds; null where there are too few. */
  get median() {
    if (this.#delays.length < 5) return null;
    return /** @type {number} */ (this.#delays.toSorted((a, b) => a - b)[this.#delays.length >> 1]);
  }

  /**
   * Note that carts are painted now.
   * @param {readonly Cart[]} carts  those that are painted as they were not before
   */
  painted(carts) {
    const now = performance.now();
    for (const cart of carts) {
      const before = this.#came.get(cart);
      if (before !== undefined) this.#delays.push(before + now);
    }
    this.#delays.splice(0, this.#delays.length - KEPT);
  }
}
