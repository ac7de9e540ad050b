import { exactTime } from "../../paint/clock.js";
import { part, setAttribute, setText } from "../../paint/patch.js";

/** @typedef {import("../../api/flow.js").Mark & {key: string, share: string, label: string, isLeft: boolean}} DrawnMark  the label stands on its right or left */

/** As wide as a letter of a label is at most, in the mean. */
const LETTER_PX = 7;
const WORDS = { killed: "killed", reset: "started over", started: "started" };

/** Something that happened, on a chart. */
export class HistoryMark {
  /** @param {HTMLElement} element  a rendered `_history_mark.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {DrawnMark} mark */
  update({ key, kind, share, words, label, isLeft }) {
    const word = part(this.element, ".mark-word");
    setAttribute(this.element, "data-mark", key);
    setAttribute(this.element, "data-kind", kind);
    setAttribute(this.element, "x", share);
    setText(part(this.element, "title"), words);
    setText(word, label);
    setAttribute(word, "text-anchor", isLeft ? "end" : "start");
    setAttribute(word, "x", isLeft ? -4 : 4);
  }
}

/**
 * Label what was killed or started over and then, where there is room, what was started; the newest first, and none
 * over another. The start behind a kill has none.
 * @param {DrawnMark[]} marks  oldest first
 * @param {number} width  of a chart, in pixels
 * @param {number} top  the letters of what stands at the left for the top of a chart
 */
export function labelMarks(marks, width, top) {
  /** @type {[number, number][]} */
  const taken = [[0, (top * LETTER_PX * 100) / width]];
  const follows = marks.map(({ kind, share }, at) => kind === "started" && marks[at - 1]?.kind === "killed"
    && Number.parseFloat(share) - Number.parseFloat(marks[at - 1]?.share ?? "") < 2);
  const wanted = marks.filter((_, at) => !follows[at]).reverse();
  const isStart = (/** @type {DrawnMark} */ mark) => Number(mark.kind === "started");
  for (const mark of wanted.sort((one, other) => isStart(one) - isStart(other))) {
    const label = `${WORDS[mark.kind]} ${exactTime(mark.at)}`;
    const room = ((label.length * LETTER_PX + 8) * 100) / width;
    const place = Number.parseFloat(mark.share);
    for (const from of [place, place - room]) {
      const to = from + room;
      if (mark.label || from < 0 || to > 100 || taken.some(([begin, end]) => begin < to && from < end)) continue;
      Object.assign(mark, { label, isLeft: from < place });
      taken.push([from, to]);
    }
  }
}
