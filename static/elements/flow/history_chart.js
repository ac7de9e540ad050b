import { KeyedList } from "../../paint/keyed_list.js";
import { part, setAttribute, setText } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { areaPath, CHARTS, linePath, topOf, valueWords, whole } from "./drawn.js";
import { MarkRow } from "./mark_row.js";

/** One chart: its newest value in words, its lines, what happened, and the moment that is looked at. */
export class HistoryChart {
  #element;
  #name;
  /** @type {KeyedList<import("./mark_row.js").DrawnMark>} */
  #marks;

  /** @param {HTMLElement} element  the `history-chart` */
  constructor(element) {
    this.#element = element;
    this.#name = element.dataset.chart ?? "";
    this.#marks = new KeyedList(part(element, ".chart-marks"), "mark", MarkRow);
  }

  /**
   * @param {import("./drawn.js").History} history
   * @param {Map<string, import("./mark_row.js").DrawnMark>} marks
   */
  paint({ series, step }, marks) {
    const names = CHARTS[this.#name] ?? [];
    const shown = names.map((name) => whole(series[name], step));
    const top = topOf(shown);
    setText(part(this.#element, ".chart-value"), valueWords(this.#name, shown.map((values) => values.at(-1))));
    setText(part(this.#element, ".chart-top"), number(top));
    setAttribute(part(this.#element, ".chart-area"), "d", areaPath(shown[0] ?? [], top));
    names.forEach((name, at) => {
      setAttribute(part(this.#element, `[data-series="${name}"]`), "d", linePath(shown[at] ?? [], top));
    });
    const points = series.events.length;
    setAttribute(part(this.#element, ".chart-shape"), "viewBox", `0 -20 ${Math.max(1, points - 1)} 1040`);
    this.#marks.paint([...marks.keys()], (key) => /** @type {import("./mark_row.js").DrawnMark} */ (marks.get(key)));
  }

  /** @param {string} share  how far to the right, in percent */
  point(share) {
    const cross = part(this.#element, ".chart-cross");
    setAttribute(cross, "x1", share);
    setAttribute(cross, "x2", share);
  }
}
