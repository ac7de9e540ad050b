import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { paintStarts, StartRow } from "./start_row.js";

/** The newest starts of the flow, as the stopwatch beside them reads them. */
export class FlowStarts extends HTMLElement {
  #life = new AbortController();

  /** @param {import("../../ports.js").Ports} ports */
  start({ painter, clock }) {
    /** @type {KeyedList<{start: import("../../api/flow.js").Start, newest: boolean}>} */
    const list = new KeyedList(part(this, ".starts"), "start", StartRow);
    /** @type {import("../../api/flow.js").Recovery | null} */
    let facts = null;
    const paint = () => {
      if (!facts) return;
      paintStarts(list, facts);
      show(part(this, '[data-empty="starts"]'), facts.history.length === 0);
      setText(part(this, ".starts-total"), number(facts.total));
      clock.tell();
    };
    this.closest("#view")?.addEventListener("recovery", (event) => {
      facts = /** @type {CustomEvent} */ (event).detail;
      painter.ask(paint);
    }, { signal: this.#life.signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
