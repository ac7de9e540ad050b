/** What is loaded only once somebody needs it: it weighs nothing on a page where nobody does. */

import { PageElement } from "./page_element.js";

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
 * An element that is begun once there is something for it to show, by the module that is loaded then.
 * @param {(ports: Ports, element: HTMLElement) => boolean} isSo
 * @param {() => Promise<{begin(element: PageElement, ports: Ports): void}>} load
 */
export const begunOnce = (isSo, load) => class extends PageElement {
  /** @override @param {Ports} ports */
  start(ports) {
    const { store, place, sender } = ports;
    const { signal } = this;
    /** @type {HTMLElement | null} what was pressed before that had come: it is pressed once it has */
    let pressed = null;
    const note = (/** @type {Event} */ { target }) => {
      pressed = /** @type {Element} */ (target).closest("button");
    };
    this.addEventListener("click", note, { signal });
    const look = once(() => isSo(ports, this), async () => {
      const { begin } = await load();
      if (signal.aborted) return;
      this.removeEventListener("click", note);
      begin(this, ports);
      pressed?.click();
    });
    store.watch(look, signal);
    place.addEventListener("look", look, { signal });
    sender.addEventListener("change", look, { signal });
    look();
  }
};
