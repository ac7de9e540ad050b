import { adopt, history as readHistory, rendered } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { PageElement } from "../../page_element.js";
import { tell } from "../../paint/action.js";
import { setTime } from "../../paint/clock.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, setAttribute, setText } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { CHARTS, pathsOf, shareOf, topOf, valueWords } from "./drawn.js";
import { HistoryMark, labelMarks } from "./history_mark.js";

/** @typedef {import("../../api/flow.js").History} History */
/** @typedef {import("./history_mark.js").DrawnMark} DrawnMark */

const MOST_MARKS = 40;
/** How the value of each chart begins in a sentence. @type {Record<string, string>} */
const NAMES = { events: "in ", skipped: "skipped ", lag: "lag ", latency: "" };

/** The figures over time, read anew every step; one moment is pointed at on all charts. */
export class FlowHistory extends PageElement {
  /** @type {History | null} */
  #history = null;
  /** The time that is looked at, in milliseconds since 1970; the newest where that is later. */
  #at = Infinity;

  /** @override @param {import("../../ports.js").Ports} ports */
  start({ painter, connection, clock }) {
    const { signal } = this;
    const range = this.dataset.range ?? "";
    const lists = [...this.querySelectorAll(".chart-marks")].map((list) =>
      /** @type {KeyedList<DrawnMark>} */ (new KeyedList(/** @type {HTMLElement} */ (list), "mark", HistoryMark)));
    const point = () => this.#history && this.#point(this.#history);
    const paint = () => {
      if (!this.#history) return;
      this.#paint(this.#history, lists);
      point();
    };
    /** @type {Reading<History>} */
    const reading = new Reading({
      ask: (ending) => readHistory(range, ending),
      take: (history) => {
        this.#history = history;
        painter.ask(paint);
      },
      tell: (refusal) => complain(this, refusal && refusal.code !== "offline" ? refusal.message : ""),
      pause: () => (this.#history?.step ?? 1) * 1000,
      connection,
      signal,
    });
    part(this, "details").addEventListener("toggle", () => tell(this, async () => {
      adopt(this, await rendered(range, signal), ".history-rows");
      clock.tell();
    }), { signal });
    this.#offerMoment(() => painter.ask(point), signal);
    reading.soon();
  }

  get #slider() {
    return /** @type {HTMLInputElement} */ (part(this, ".moment"));
  }

  /**
   * By the arrow keys on the slider, and by the pointer on any chart; touched, it stays.
   * @param {() => void} paint
   * @param {AbortSignal} signal
   */
  #offerMoment(paint, signal) {
    const slider = this.#slider;
    const charts = part(this, ".charts");
    slider.disabled = false;
    const look = (/** @type {number} */ place) => {
      if (!this.#history) return;
      this.#at = place < Number(slider.max) ? timeOf(this.#history, place) : Infinity;
      paint();
    };
    slider.addEventListener("input", () => look(slider.valueAsNumber), { signal });
    charts.addEventListener("pointermove", ({ target, clientX }) => {
      const plot = /** @type {Element} */ (target).closest(".chart-plot")?.getBoundingClientRect();
      if (plot) look(Math.round(((clientX - plot.left) / plot.width) * Number(slider.max)));
    }, { signal });
    charts.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") look(Infinity);
    }, { signal });
  }

  /**
   * @param {History} history
   * @param {KeyedList<DrawnMark>[]} lists
   */
  #paint(history, lists) {
    const { series, step, marks } = history;
    const points = series.events.length;
    const drawn = marks.slice(-MOST_MARKS).map((mark) => (
      { ...mark, key: `${mark.kind} ${mark.at}`, share: shareOf(placeOf(history, mark.at), points), label: "", isLeft: false }));
    let longest = 0;
    for (const [name, names] of Object.entries(CHARTS)) {
      const chart = part(this, `[data-chart="${name}"]`);
      // The newest step may still go on: it would be too low.
      const shown = names.map((each) => (step > 1 ? series[each].slice(0, -1) : series[each]));
      const top = topOf(shown);
      setText(part(chart, ".chart-value"), valueWords(name, shown.map((values) => values.at(-1))));
      longest = Math.max(longest, number(top).length);
      setText(part(chart, ".chart-top"), number(top));
      setAttribute(part(chart, ".chart-shape"), "viewBox", `0 -20 ${Math.max(1, points - 1)} 1040`);
      shown.forEach((values, at) => {
        const { line, area } = pathsOf(values, top);
        setAttribute(part(chart, `[data-series="${names[at]}"]`), "d", line);
        if (at === 0) setAttribute(part(chart, ".chart-area"), "d", area);
      });
    }
    labelMarks(drawn, part(this, ".chart-plot").clientWidth, longest);
    const byKey = new Map(drawn.map((mark) => [mark.key, mark]));
    for (const list of lists) list.paint([...byKey.keys()], (key) => /** @type {DrawnMark} */ (byKey.get(key)));
  }

  /** @param {History} history */
  #point(history) {
    const slider = this.#slider;
    const last = history.series.events.length - 1;
    const place = Math.min(last, Math.max(0, Math.round(placeOf(history, this.#at))));
    setAttribute(slider, "max", last);
    if (slider.valueAsNumber !== place) slider.value = String(place);
    const share = shareOf(place, last + 1);
    for (const cross of this.querySelectorAll(".chart-cross")) {
      setAttribute(cross, "x1", share);
      setAttribute(cross, "x2", share);
    }
    const words = wordsOf(history, place, last);
    const time = part(this, ".history-time");
    setTime(time, new Date(timeOf(history, place)).toISOString());
    setText(part(this, ".history-words"), words);
    setAttribute(slider, "aria-valuetext", `${time.textContent}: ${words}`);
  }
}

/**
 * Where among the points a time is, from 0.
 * @param {History} history
 * @param {string | number} at
 */
const placeOf = ({ from, step }, at) => ((typeof at === "number" ? at : Date.parse(at)) - Date.parse(from)) / 1000 / step;

/**
 * @param {History} history
 * @param {number} place
 */
const timeOf = ({ from, step }, place) => Date.parse(from) + place * step * 1000;

/**
 * What was at a moment.
 * @param {History} history
 * @param {number} place
 * @param {number} last
 */
function wordsOf(history, place, last) {
  const seen = history.step > 1 ? Math.min(place, last - 1) : place;
  const figures = Object.entries(CHARTS).map(([chart, names]) => {
    const values = names.map((name) => history.series[name][seen]);
    return values[0] == null ? "" : NAMES[chart] + valueWords(chart, values);
  });
  const marks = history.marks.map(({ at, words }) => (Math.abs(placeOf(history, at) - place) <= 1 ? words : ""));
  return [...figures, ...marks].filter(Boolean).join(" · ") || "the server was off";
}
