import { act } from "../../paint/action.js";
import { part } from "../../paint/patch.js";
import { sendSample } from "../uploads/sample.js";

/** What an empty page offers: the packaged sample, or a file. */
export class FirstSteps extends HTMLElement {
  #life = new AbortController();

  /** @param {import("../../ports.js").Ports} ports */
  start({ http, sender, choose }) {
    const { signal } = this.#life;
    const load = part(this, '[data-action="sample"]');
    load.addEventListener("click", (event) => act(event, load, this, () => sendSample(http, sender)), { signal });
    part(this, '[data-action="choose"]').addEventListener("click", choose, { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
