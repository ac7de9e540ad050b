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

/**
 * What the top of a chart stands for: the next of 1, 2, 5, 10, 20 …
 * @param {Series[]} series
 */
export function topOf(series) {
  const most = Math.max(...series.flat().map(Number));
  for (let power = 1; ; power *= 10) {
    for (const factor of [1, 2, 5]) if (factor * power >= most) return factor * power;
  }
}

/**
 * The line through the points, broken where there is none, and what is below it.
 * @param {Series} values
 * @param {number} top
 */
export function pathsOf(values, top) {
  /** @type {string[][]} */
  const runs = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (!at || values[at - 1] === null) runs.push([]);
    runs.at(-1)?.push(`${at} ${HEIGHT - Math.floor((HEIGHT * value) / top)}`);
  });
  const foot = (/** @type {string | undefined} */ point) => `${point?.split(" ")[0]} ${HEIGHT}`;
  return {
    line: runs.map((run) => `M${run.join("L")}${run[1] ? "" : "h0"}`).join(""),
    area: runs.map((run) => `M${foot(run[0])}L${run.join("L")}L${foot(run.at(-1))}Z`).join(""),
  };
}

/**
 * The value of a chart, with its unit.
 * @param {string} chart
 * @param {(number | null | undefined)[]} values  of its series
 */
export function valueWords(chart, [first = null, second = null]) {
  if (first === null) return "nothing just now";
  if (chart === "latency") return `p50 ${whole(first)}, p99 ${whole(second || first)} ms`;
  if (chart === "lag") return count(first, "record");
  // Halves are rounded up here and there alike.
  return `${rate(first < 9.95 ? Math.floor(10 * first + 0.5) / 10 : Math.floor(first + 0.5))} a second`;
}

/** @param {number} value */
const whole = (value) => number(Math.floor(value + 0.5));

/**
 * How far to the right a place among the points is, in percent.
 * @param {number} place
 * @param {number} points
 */
export function shareOf(place, points) {
  const share = Math.min(1, Math.max(0, place / Math.max(1, points - 1)));
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)}%`;
}
