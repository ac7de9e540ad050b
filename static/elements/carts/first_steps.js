import { act, holdPage } from "../../paint/action.js";
import { part } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** Records a second of the sample: slow enough to watch each of its eight land. */
const SAMPLE_RATE = 2;
const SAMPLE_NAME = "cart-join.json";

/** What an empty page offers: the packaged sample, or a file. */
export class FirstSteps extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ http, choose }) {
    const { signal } = this.#life;
    const send = async () => {
      const file = await http.sample();
      await http.upload(file, { name: SAMPLE_NAME, rate: SAMPLE_RATE, onProgress: () => {}, signal });
    };
    const load = part(this, '[data-action="sample"]');
    load.addEventListener("click", (event) => act(event, load, this, () => holdPage(send)), { signal });
    part(this, '[data-action="choose"]').addEventListener("click", choose, { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
