import { setTime } from "../../paint/clock.js";
import { part, setAttribute, setText } from "../../paint/patch.js";

/** One row of the table of figures over time. */
export class HistoryRow {
  /** @param {HTMLElement} element  a rendered `_history_row.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {{at: string, figures: string[], words: string}} row */
  update({ at, figures, words }) {
    setAttribute(this.element, "data-moment", at);
    setTime(part(this.element, "time"), at);
    const cells = this.element.querySelectorAll("td");
    [...figures, words].forEach((text, column) => setText(/** @type {Element} */ (cells[column]), text));
  }
}
