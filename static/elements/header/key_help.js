import { part } from "../../paint/patch.js";

/** What all keys do. */
export class KeyHelp extends HTMLElement {
  #life = new AbortController();

  start() {
    const close = part(this, '[data-action="close"]');
    close.addEventListener("click", () => this.#dialog.close(), { signal: this.#life.signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** Show them. */
  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }
}
