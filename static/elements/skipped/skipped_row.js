import { setTime } from "../../paint/clock.js";
import { setForeign } from "../../paint/foreign.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";

/** @typedef {import("../../store.js").Skipped} Skipped */

/** One skipped record on screen. What became of it may change. */
export class SkippedRow {
  /** @type {Skipped | null} */
  #record = null;

  /** @param {HTMLElement} element  a rendered `_skipped.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {Skipped} record */
  update(record) {
    if (record === this.#record) return;
    this.#record = record;
    const row = this.element;
    setAttribute(row, "data-skipped", record.id);
    setAttribute(row, "data-reason", record.reason);
    setAttribute(row, "data-state", record.state);
    for (const name of /** @type {const} */ (["reason", "line", "message", "raw"])) {
      setText(part(row, `.skipped-${name}`), record[name]);
    }
    setForeign(part(row, ".skipped-source"), record.source);
    setTime(part(row, ".skipped-time"), record.skipped_at);
    show(part(row, ".skipped-cut"), record.raw_cut);
  }
}
