/** What is loaded only once somebody needs it: it weighs nothing on a page where nobody does. */

import { PageElement } from "./page_element.js";
import { complain, UNHEARD } from "./paint/patch.js";

/** @typedef {import("./ports.js").Ports} Ports */

/**
 * Begin, once something is so, what is loaded for it then. Where it does not come, the next look tries again.
 * @param {() => boolean} isSo
 * @param {() => Promise<unknown>} begin
 * @returns {() => void}  looks whether it is so
 */
export function once(isSo, begin) {
  let begun = false;
  return async () => {
    if (begun || !isSo()) return;
    begun = true;
    try {
      await begin();
    } catch {
      begun = false;
    }
  };
}

/**
 * An element that stands as the server rendered it until it has something else to show, somebody uses it, or the server
 * was away, and may render it otherwise by now; then it is begun, by the module that is loaded for it.
 * @param {(ports: Ports, element: HTMLElement) => boolean} isSo  whether it has something else to show
 * @param {() => Promise<{begin(element: PageElement, ports: Ports): void}>} load
 */
export const begunOnce = (isSo, load) => class extends PageElement {
  /** @override @param {Ports} ports */
  start(ports) {
    const { connection, store, place, sender } = ports;
    const { signal } = this;
    const used = new AbortController();
    let isUsed = false;
    /** @type {HTMLElement | null | undefined} what was pressed before that had come: it is pressed once it has */
    let pressed;
    const look = once(() => isUsed || isSo(ports, this), async () => {
      try {
        const { begin } = await load();
        if (signal.aborted) return;
        used.abort();
        begin(this, ports);
        pressed?.click();
      } catch (gone) {
        // Nothing that was pressed is done later by itself.
        const around = pressed?.closest(":has(.error)");
        if (around) complain(around, UNHEARD);
        pressed = null;
        isUsed = false;
        throw gone;
      }
    });
    for (const use of ["click", "focusin"]) {
      this.addEventListener(use, ({ type, target }) => {
        isUsed = true;
        if (type === "click") pressed = /** @type {Element} */ (target).closest("[data-action]");
        look();
      }, { signal: used.signal });
    }
    connection.addEventListener("return", () => {
      isUsed = true;
      look();
    }, { signal });
    this.addEventListener("submit", (event) => event.preventDefault(), { signal: used.signal });
    store.watch(look, signal);
    place.addEventListener("look", look, { signal });
    sender.addEventListener("change", look, { signal });
    look();
  }
};
