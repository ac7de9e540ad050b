import { ROOT } from "../../address.js";
import { setForeign } from "../../paint/foreign.js";
import { part, setAttribute, setText } from "../../paint/patch.js";
import { cutRaw, reasonWords } from "../../paint/record_words.js";

/** @typedef {import("../../store.js").Skipped} Skipped */

/** One skipped record in a line: from where, why, and how it begins. */
export class SkippedRow {
  /** @type {Skipped | null} */
  #record = null;

  /** @param {HTMLElement} element  a rendered `_skipped.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {Skipped} record  what became of it may change */
  update(record) {
    if (record === this.#record) return;
    this.#record = record;
    const row = this.element;
    setAttribute(row, "data-skipped", record.id);
    setAttribute(row, "data-reason", record.reason);
    setAttribute(row, "data-state", record.state);
    setAttribute(part(row, ".skipped-link"), "href", `${ROOT}/skipped?id=${record.id}`);
    setForeign(part(row, ".skipped-source"), record.source);
    setText(part(row, ".skipped-line"), record.line);
    setText(part(row, ".skipped-reason"), reasonWords(record.reason));
    setAttribute(part(row, ".skipped-reason"), "title", record.reason);
    setForeign(part(row, ".skipped-raw .foreign"), cutRaw(record.raw));
  }
}
