import { addressOf, same, windowOf } from "./address.js";

/** @typedef {import("./address.js").Window} Window */

/**
 * Where the page is: the one window it wants, kept in the address bar.
 * Fires `move` when that changed, by a control of the page or by back and forward, and `stay` where it cannot change.
 */
export class Place extends EventTarget {
  /** @type {Window} */
  window = windowOf(location);

  /**
   * Go to another window. An age is one of a filter, and goes with it.
   * @param {Partial<Window>} change  a change of anything but the cursor begins at the first page
   * @param {{replace?: boolean}} [how]  replace: no new entry for the back button (while somebody types)
   */
  go(change, { replace = false } = {}) {
    const older = "filter" in change ? null : this.window.older;
    this.window = { ...this.window, cursor: null, older, ...change };
    history[replace ? "replaceState" : "pushState"](null, "", addressOf(this.window));
    this.dispatchEvent(new Event("move"));
  }

  /**
   * Stay in the window that is shown: the server refuses the one that the address asks for.
   * @param {Window} shown
   */
  stay(shown) {
    this.window = shown;
    this.dispatchEvent(new Event("stay"));
  }

  /** Follow the address bar: the back button moved it, or only a link to a part of the page. */
  follow() {
    const window = windowOf(location);
    if (same(window, this.window)) return;
    this.window = window;
    this.dispatchEvent(new Event("move"));
  }
}
