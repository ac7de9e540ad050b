import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number, reasons } from "../../paint/words.js";
import { SkippedRow } from "./skipped_row.js";

/** @typedef {import("../../store.js").Skipped} Skipped */

/** The newest skipped records, live, beside the carts. */
export class SkippedList extends HTMLElement {
  #life = new AbortController();

  /** @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    /** @type {KeyedList<Skipped>} */
    const list = new KeyedList(part(this, ".skipped-items"), "skipped", SkippedRow);
    const paint = () => {
      const { order, items, total } = store.skipped;
      list.paint(order, (key) => /** @type {Skipped} */ (items.get(key)));
      for (const node of this.querySelectorAll(".skipped-total")) setText(node, number(total));
      setText(part(this, ".reasons"), reasons(store.byReason));
      show(part(this, ".reasons"), total > 0);
      show(part(this, '[data-empty="skipped"]'), total === 0);
      show(part(this, '[data-more="skipped"]'), total > order.length);
    };
    store.watch(({ skipped }) => {
      if (skipped) painter.ask(paint);
    }, this.#life.signal);
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
