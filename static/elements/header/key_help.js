import { PageElement } from "../../page_element.js";
import { part } from "../../paint/patch.js";

/** What all keys do. */
export class KeyHelp extends PageElement {
  /** @override */
  start() {
    const close = part(this, '[data-action="close"]');
    close.addEventListener("click", () => this.#dialog.close(), { signal: this.signal });
  }

  /** Show them. */
  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }
}
