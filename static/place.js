import { addressOf, asked, isUser, pathOf, same, windowOf } from "./address.js";

/** @typedef {import("./address.js").Window} Window */

/**
 * Where the page is: the one window of carts that it wants, kept in the address bar, and what stands beside it.
 * Fires `move` when the window changed, by a control of the page or by back and forward, `stay` where it cannot change,
 * `hold` when the order of the list is held or let go, and `look` when another cart stands beside it, or none.
 */
export class Place extends EventTarget {
  /** @type {Window} */
  window = windowOf(location);
  /** @type {string[]} the users whose carts are on screen whatever the window holds */
  keep = [];
  /** Whose cart stood beside the list when that was told last. */
  #beheld = this.cart;

  /** The cursors of the pages that led to this one. @returns {(string | null)[]} */
  get before() {
    return history.state?.before ?? [];
  }

  /** Whether the order of the list is held for good. */
  get held() {
    return this.#beside("hold") !== null;
  }

  /** The user whose cart stands beside the list; null: none. */
  get cart() {
    const user = this.#beside("cart");
    return user !== null && isUser(user) ? user : null;
  }

  /** The id of the order that is looked for; null: none. */
  get order() {
    return this.#beside("order");
  }

  /**
   * Go to another window. An age is one of a filter, and goes with it.
   * @param {Partial<Window>} change  a change of anything but the cursor begins at the first page
   * @param {{replace?: boolean, before?: (string | null)[]}} [how]  replace: no new entry for the back button (while
   *   somebody types); before: the cursors of the pages before
   */
  go(change, { replace = false, before = [] } = {}) {
    const isSame = (change.filter ?? this.window.filter) === this.window.filter;
    const older = isSame ? this.window.older : null;
    this.window = { ...this.window, cursor: null, older, ...change };
    const address = addressOf(this.window, { hold: this.held, cart: this.cart });
    history[replace ? "replaceState" : "pushState"]({ before }, "", address);
    this.dispatchEvent(new Event("move"));
  }

  /** @param {boolean} held */
  hold(held) {
    this.#put({ hold: held ? "1" : null });
    this.dispatchEvent(new Event("hold"));
  }

  /**
   * Let a cart stand beside the list; the back button takes it away again.
   * @param {string | null} user
   */
  look(user) {
    this.#put({ cart: user }, { replace: user === null || this.cart !== null });
    this.#looked();
  }

  /**
   * Note in the address which order is looked for.
   * @param {string | null} order
   */
  seek(order) {
    this.#put({ order });
  }

  /**
   * Stay in the window that is shown: the server refuses the one that the address asks for.
   * @param {Window} shown
   */
  stay(shown) {
    this.window = shown;
    this.dispatchEvent(new Event("stay"));
  }

  /** Follow the address bar: the back button moved it, or only a link to a part of the page. Tells whether it moved. */
  follow() {
    if (this.cart !== this.#beheld) this.#looked();
    this.dispatchEvent(new Event("hold"));
    const window = windowOf(location);
    if (same(window, this.window)) return false;
    this.window = window;
    this.dispatchEvent(new Event("move"));
    return true;
  }

  /** @param {string} name */
  #beside(name) {
    return pathOf(location) === "/" ? new URLSearchParams(location.search).get(name) : null;
  }

  #looked() {
    this.#beheld = this.cart;
    this.dispatchEvent(new Event("look"));
  }

  /**
   * @param {Record<string, string | null>} beside
   * @param {{replace?: boolean}} [how]
   */
  #put(beside, { replace = true } = {}) {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(beside)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    history[replace ? "replaceState" : "pushState"](history.state, "", asked("/", query));
  }
}
