import { part } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** Where each key after `g` goes. */
const VIEWS = { c: "/", s: "/skipped", f: "/files", d: "/completed", w: "/flow" };

/** The keys that hold in every view, and what all keys are. */
export class KeyHelp extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ keys, navigation }) {
    const { signal } = this.#life;
    const dialog = /** @type {HTMLDialogElement} */ (part(this, "dialog"));
    for (const [key, address] of Object.entries(VIEWS)) keys.on(`g ${key}`, () => navigation.go(address), signal);
    keys.on("?", () => dialog.showModal(), signal);
    part(this, '[data-action="close"]').addEventListener("click", () => dialog.close(), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
