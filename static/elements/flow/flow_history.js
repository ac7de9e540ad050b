import { history as readHistory } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { setTime } from "../../paint/clock.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, setAttribute, setText } from "../../paint/patch.js";
import { CHARTS, marksOf, placeOf, rowsOf, shareOf, timeOf, valueWords, whole } from "./drawn.js";
import { HistoryChart } from "./history_chart.js";
import { HistoryRow } from "./history_row.js";
import { drawMarks } from "./mark_row.js";

/** @typedef {import("../../api/flow.js").History} History */

/** How the values of the charts begin in a sentence. @type {Record<string, string>} */
const NAMES = { events: "in ", skipped: "skipped ", lag: "lag ", latency: "" };

/** The figures over time, read anew every step; one moment is pointed at on all charts. */
export class FlowHistory extends HTMLElement {
  #life = new AbortController();
  /** @type {History | null} */
  #history = null;
  /** The time that is looked at, in milliseconds since 1970; null: the newest. @type {number | null} */
  #at = null;

  /** @param {import("../../ports.js").Ports} ports */
  start({ painter, connection }) {
    const { signal } = this.#life;
    const charts = [...this.querySelectorAll("[data-chart]")].map((each) => new HistoryChart(/** @type {HTMLElement} */ (each)));
    const table = /** @type {HTMLDetailsElement} */ (part(this, ".history-table"));
    /** @type {KeyedList<ReturnType<typeof rowsOf>[number]>} */
    const list = new KeyedList(part(this, ".history-rows"), "moment", HistoryRow);
    const paintMoment = () => this.#paintMoment(charts);
    const paintTable = () => {
      if (!this.#history || !table.open) return;
      const rows = new Map(rowsOf(this.#history).map((row) => [row.at, row]));
      list.paint([...rows.keys()], (key) => /** @type {ReturnType<typeof rowsOf>[number]} */ (rows.get(key)));
    };
    const paint = () => {
      if (!this.#history) return;
      const marks = drawMarks(this.#history);
      for (const chart of charts) chart.paint(this.#history, marks);
      paintMoment();
      paintTable();
    };
    /** @type {Reading<History>} */
    const reading = new Reading({
      ask: (ending) => readHistory(this.dataset.range ?? "", ending),
      take: (history) => {
        this.#history = history;
        painter.ask(paint);
      },
      tell: (refusal) => complain(this, !refusal || refusal.code === "offline" ? "" : refusal.message),
      pause: () => (this.#history?.step ?? 1) * 1000,
      connection,
      signal,
    });
    table.addEventListener("toggle", () => painter.ask(paintTable), { signal });
    this.#offerMoment(() => painter.ask(paintMoment), signal);
    reading.soon();
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /**
   * By the arrow keys on the slider, and by the pointer on any chart; touched, it stays.
   * @param {() => void} paint
   * @param {AbortSignal} signal
   */
  #offerMoment(paint, signal) {
    const slider = /** @type {HTMLInputElement} */ (part(this, ".moment"));
    const charts = part(this, ".charts");
    slider.disabled = false;
    const look = (/** @type {number} */ point) => {
      if (!this.#history) return;
      const isNewest = point >= this.#history.series.events.length - 1;
      this.#at = isNewest ? null : Date.parse(timeOf(this.#history, point));
      paint();
    };
    slider.addEventListener("input", () => look(slider.valueAsNumber), { signal });
    charts.addEventListener("pointermove", ({ target, clientX }) => {
      const plot = target instanceof Element ? target.closest(".chart-plot") : null;
      if (!plot) return;
      const { left, width } = plot.getBoundingClientRect();
      look(Math.round(((clientX - left) / width) * Number(slider.max)));
    }, { signal });
    charts.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") look(Infinity);
    }, { signal });
  }

  /** @param {HistoryChart[]} charts */
  #paintMoment(charts) {
    const history = this.#history;
    if (!history) return;
    const points = history.series.events.length;
    const slider = /** @type {HTMLInputElement} */ (part(this, ".moment"));
    const wanted = this.#at === null ? points - 1 : Math.round(placeOf(history, new Date(this.#at).toISOString()));
    const point = Math.min(points - 1, Math.max(0, wanted));
    setAttribute(slider, "max", points - 1);
    if (slider.valueAsNumber !== point) slider.value = String(point);
    for (const chart of charts) chart.point(shareOf(point, points));
    setTime(part(this, ".history-time"), timeOf(history, point));
    const words = momentWords(history, point);
    setText(part(this, ".history-words"), words);
    setAttribute(slider, "aria-valuetext", `${part(this, ".history-time").textContent}: ${words}`);
  }
}

/**
 * @param {History} history
 * @param {number} point
 */
function momentWords(history, point) {
  // The newest step may still go on: the one before it is the newest that is whole.
  const { series, step } = history;
  const seen = Math.min(point, whole(series.events, step).length - 1);
  const figures = Object.entries(CHARTS).map(([chart, names]) => {
    const values = names.map((name) => series[name][seen]);
    return values[0] == null ? "" : `${NAMES[chart]}${valueWords(chart, values)}`;
  });
  const marks = marksOf(history).filter(({ at }) => Math.abs(placeOf(history, at) - point) <= 1);
  const told = [...figures, ...marks.map(({ words }) => words)].filter(Boolean);
  return told.join(" · ") || "the server was off";
}
