import { part, setAttribute, setText } from "../../paint/patch.js";
import { marksOf, placeOf, shareOf } from "./drawn.js";

/**
 * @typedef {object} DrawnMark  something that happened
 * @property {string} key
 * @property {string} kind
 * @property {string} share  how far to the right, in percent
 * @property {string} words
 * @property {string} label  empty where another one stands in its place
 */

const WORDS = { killed: "killed", reset: "started over", started: "started" };
/** In percent of the width: as much as a label needs. */
const APART = 34;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** A line across a chart. */
export class MarkRow {
  /** @param {HTMLElement} element  a rendered `_history_mark.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {DrawnMark} mark */
  update({ key, kind, share, words, label }) {
    const mark = this.element;
    setAttribute(mark, "x", share);
    setAttribute(mark, "data-kind", kind);
    setAttribute(mark, "data-mark", key);
    setText(part(mark, "title"), words);
    const word = part(mark, ".mark-word");
    setText(word, label);
    const isAtEnd = Number.parseFloat(share) > 100 - APART;
    setAttribute(word, "text-anchor", isAtEnd ? "end" : "start");
    setAttribute(word, "x", isAtEnd ? -4 : 4);
  }
}

/**
 * What happened, by key. Labels do not cover one another: a kill has its own before a start has, the newest first.
 * @param {import("./drawn.js").History} history
 * @returns {Map<string, DrawnMark>}
 */
export function drawMarks(history) {
  const points = history.series.events.length;
  /** @type {Map<string, DrawnMark>} */
  const drawn = new Map();
  /** @type {[string, import("../../api/flow.js").Mark][]} */
  const marks = marksOf(history).map((mark) => [`${mark.kind} ${mark.at}`, mark]);
  for (const [key, { at, kind, words }] of marks) {
    drawn.set(key, { key, kind, share: shareOf(placeOf(history, at), points), words, label: "" });
  }
  /** @type {number[]} */
  const taken = [];
  for (const wanted of Object.keys(WORDS)) {
    for (const [key, { at, kind }] of marks.toReversed()) {
      const mark = drawn.get(key);
      const share = Number.parseFloat(mark?.share ?? "");
      if (kind !== wanted || !mark || taken.some((other) => Math.abs(other - share) < APART)) continue;
      mark.label = `${WORDS[kind]} ${TIME.format(Date.parse(at))}`;
      taken.push(share);
    }
  }
  return drawn;
}
