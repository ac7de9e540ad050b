/** Figures over time as they are drawn; the server draws them alike (`web/http/pages/drawn_history.py`). */

import { count, number, rate } from "../../paint/words.js";

/** @typedef {import("../../api/flow.js").History} History */
/** @typedef {import("../../api/flow.js").Drawn} Drawn */
/** @typedef {(number | null)[]} Series */

/** @type {Record<string, Drawn[]>} */
export const CHARTS = {
  events: ["events"],
  skipped: ["skipped"],
  lag: ["lag"],
  latency: ["accept_to_view_p50_ms", "accept_to_view_p99_ms"],
};
const HEIGHT = 1000;
const ROWS = 60;
const MOST_MARKS = 40;
const QUIET = "nothing just now";

/**
 * The newest point is left out where its step may still go on: it would be too low.
 * @param {Series} values
 * @param {number} step
 */
export const whole = (values, step) => (step > 1 ? values.slice(0, -1) : values);

/**
 * What the top of a chart stands for: the next of 1, 2, 5, 10, 20 …
 * @param {Series[]} series
 */
export function topOf(series) {
  const most = Math.max(...series.map((values) => Math.max(0, ...values.map((value) => value ?? 0))));
  for (let power = 1; ; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power >= most) return factor * power;
  }
}

/**
 * @param {Series} values
 * @param {number} top
 */
export function linePath(values, top) {
  const runs = runsOf(values, top);
  return runs.map((run) => `M${run.join("L")}${run.length > 1 ? "" : "h0"}`).join("");
}

/**
 * @param {Series} values
 * @param {number} top
 */
export function areaPath(values, top) {
  const runs = runsOf(values, top);
  const ends = (/** @type {string | undefined} */ point) => `${point?.split(" ")[0]} ${HEIGHT}`;
  return runs.map((run) => `M${ends(run[0])}L${run.join("L")}L${ends(run.at(-1))}Z`).join("");
}

/**
 * The points that follow one another without a gap.
 * @param {Series} values
 * @param {number} top
 */
function runsOf(values, top) {
  /** @type {string[][]} */
  const runs = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (at === 0 || values[at - 1] === null) runs.push([]);
    runs.at(-1)?.push(`${at} ${HEIGHT - Math.floor((HEIGHT * value) / top)}`);
  });
  return runs;
}

/**
 * The value of a chart, with its unit.
 * @param {string} chart
 * @param {(number | null | undefined)[]} values  of its series
 */
export function valueWords(chart, [first = null, second = null]) {
  if (first === null) return QUIET;
  if (chart === "latency") return `p50 ${ms(first)}, p99 ${ms(second || first)} ms`;
  return chart === "lag" ? count(first, "record") : `${rateWords(first)} a second`;
}

/** The marks that are drawn. @param {History} history */
export const marksOf = ({ marks }) => marks.slice(-MOST_MARKS);

/**
 * Where in the points a time is, from 0.
 * @param {History} history
 * @param {string} at
 */
export const placeOf = ({ from, step }, at) => (Date.parse(at) - Date.parse(from)) / 1000 / step;

/**
 * How far to the right a place is, in percent.
 * @param {number} place
 * @param {number} points
 */
export function shareOf(place, points) {
  const share = Math.min(1, Math.max(0, place / Math.max(1, points - 1)));
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}%`;
}

/**
 * @param {History} history
 * @param {number} point
 */
export const timeOf = ({ from, step }, point) => new Date(Date.parse(from) + point * step * 1000).toISOString();

/**
 * Some steps together, newest first: means of what comes a second, the highest of the rest.
 * @param {History} history
 */
export function rowsOf(history) {
  const { series, step } = history;
  const points = series.events.length;
  const together = Math.max(1, Math.ceil(points / ROWS));
  const marks = marksOf(history).map(({ at, words }) => ({ place: placeOf(history, at), words }));
  const rows = [];
  for (let first = 0; first < points; first += together) {
    const known = Object.values(CHARTS).flat().map((name) => {
      const values = whole(series[name], step).slice(first, first + together);
      return /** @type {number[]} */ (values.filter((value) => value !== null));
    });
    const figures = known.map((values, at) => (at < 2 ? mean(values) : highest(values)));
    const words = marks.filter(({ place }) => place >= first && place < first + together).map((mark) => mark.words);
    rows.push({ at: timeOf(history, first), figures, words: words.join(" ") });
  }
  return rows.reverse();
}

/** @param {number[]} values */
const mean = (values) => (values.length > 0 ? rateWords(values.reduce((sum, value) => sum + value, 0) / values.length) : "–");

/** @param {number[]} values */
const highest = (values) => (values.length > 0 ? ms(Math.max(...values)) : "–");

/** Halves are rounded up here and there alike. @param {number} value */
const rateWords = (value) => rate(value < 9.95 ? Math.floor(10 * value + 0.5) / 10 : Math.floor(value + 0.5));

/** @param {number} value */
const ms = (value) => number(Math.floor(value + 0.5));
