import { PageElement } from "../../page_element.js";
import { part } from "../../paint/patch.js";

/** How files are to be sent while this is on screen: at which pace, or only to be checked. */
export class SendOptions extends PageElement {
  /** @type {import("./sender.js").Sender | null} */
  #sender = null;

  /** @param {import("../../ports.js").Ports} ports */
  start({ sender }) {
    this.#sender = sender;
    sender.wanted = this.#wanted;
  }

  disconnectedCallback() {
    if (this.#sender?.wanted === this.#wanted) this.#sender.wanted = () => ({ rate: null, check: false });
    super.disconnectedCallback();
  }

  #wanted = () => {
    const { value } = /** @type {HTMLSelectElement} */ (part(this, "[name=pace]"));
    const check = /** @type {HTMLInputElement | null} */ (this.querySelector("[name=check]"));
    return { rate: value === "" ? null : Number(value), check: check?.checked ?? false };
  };
}
