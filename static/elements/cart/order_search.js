import { addressOf } from "../../form_address.js";

/** Somebody who types is waited for. */
const PAUSE_MS = 250;

/** The box for the beginning of an order's id: what is typed is an address, asked for when the typing pauses. */
export class OrderSearch {
  #form;
  #box;
  #visit;
  #asked;
  #timer = 0;

  /**
   * @param {HTMLElement} form
   * @param {(address: string, how?: {replace?: boolean}) => void} visit
   * @param {AbortSignal} signal
   */
  constructor(form, visit, signal) {
    this.#form = /** @type {HTMLFormElement} */ (form);
    this.#box = /** @type {HTMLInputElement} */ (form.querySelector("[name=search]"));
    this.#visit = visit;
    this.#asked = this.#box.value;
    form.addEventListener("input", () => this.#soon(), { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(this.#timer);
      this.#go();
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(), PAUSE_MS);
  }

  #go() {
    if (this.#box.value === this.#asked) return;
    this.#asked = this.#box.value;
    this.#visit(addressOf(this.#form), { replace: true });
  }
}
