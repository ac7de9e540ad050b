import { act } from "../../paint/action.js";
import { part } from "../../paint/patch.js";
import { sendSample } from "./sample.js";

/** Where files are chosen, and how they are to be sent while this is on screen: at which pace, or only to be checked. */
export class SendOptions extends HTMLElement {
  #life = new AbortController();
  /** @type {import("./sender.js").Sender | null} */
  #sender = null;

  /** @param {import("../../ports.js").Ports} ports */
  start({ sender, http, choose }) {
    const { signal } = this.#life;
    this.#sender = sender;
    sender.wanted = this.#wanted;
    part(this, '[data-action="choose"]').addEventListener("click", choose, { signal });
    const sample = /** @type {HTMLElement | null} */ (this.querySelector('[data-action="sample"]'));
    sample?.addEventListener("click", (event) => act(event, sample, this, () => sendSample(http, sender)), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
    if (this.#sender?.wanted === this.#wanted) this.#sender.wanted = () => ({ rate: null, check: false });
  }

  #wanted = () => {
    const { value } = /** @type {HTMLSelectElement} */ (part(this, "[name=pace]"));
    const check = /** @type {HTMLInputElement | null} */ (this.querySelector("[name=check]"));
    return { rate: value === "" ? null : Number(value), check: check?.checked ?? false };
  };
}
