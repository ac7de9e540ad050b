import { addressOf, same, windowOf } from "./address.js";

/** @typedef {import("./address.js").Window} Window */

/**
 * Where the page is: the one window it wants, kept in the address bar.
 * Fires `move` when that changed, by a control of the page or by back and forward.
 */
export class Place extends EventTarget {
  /** @type {Window} */
  window = windowOf(location);

  /**
   * Go to another window.
   * @param {Partial<Window>} change  a change of anything but the cursor begins at the first page
   * @param {{replace?: boolean}} [how]  replace: no new entry for the back button (while somebody types)
   */
  go(change, { replace = false } = {}) {
    this.window = { ...this.window, cursor: null, ...change };
    history[replace ? "replaceState" : "pushState"](null, "", addressOf(this.window));
    this.dispatchEvent(new Event("move"));
  }

  /**
   * Whether a window is the wanted one.
   * @param {Window} window
   */
  shows(window) {
    return same(window, this.window);
  }

  /** Follow the address bar: the back button moved it, or only a link to a part of the page. */
  follow() {
    const window = windowOf(location);
    if (this.shows(window)) return;
    this.window = window;
    this.dispatchEvent(new Event("move"));
  }
}
