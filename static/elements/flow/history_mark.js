import { exactTime } from "../../paint/clock.js";
import { part, setAttribute, setText } from "../../paint/patch.js";

/** @typedef {import("../../api/flow.js").Mark & {key: string, share: string, label: string}} DrawnMark */

/** In percent of the width: as much as a label needs. */
const APART = 42;
const WORDS = { killed: "killed", reset: "started over", started: "started" };

/** Something that happened, on a chart. */
export class HistoryMark {
  /** @param {HTMLElement} element  a rendered `_history_mark.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {DrawnMark} mark */
  update({ key, kind, share, words, label }) {
    const word = part(this.element, ".mark-word");
    const isAtEnd = Number.parseFloat(share) > 100 - APART;
    setAttribute(this.element, "data-mark", key);
    setAttribute(this.element, "data-kind", kind);
    setAttribute(this.element, "x", share);
    setText(part(this.element, "title"), words);
    setText(word, label);
    setAttribute(word, "text-anchor", isAtEnd ? "end" : "start");
    setAttribute(word, "x", isAtEnd ? -4 : 4);
  }
}

/**
 * Label the newest, and of the others those that cover none; the start behind a kill has none.
 * @param {DrawnMark[]} marks  oldest first
 */
export function labelMarks(marks) {
  let taken = Infinity;
  marks.toReversed().forEach((mark, at, all) => {
    const place = Number.parseFloat(mark.share);
    const cause = all[at + 1];
    const follows = mark.kind === "started" && cause?.kind === "killed" && place - Number.parseFloat(cause.share) < 2;
    if (follows || taken - place < APART) return;
    mark.label = `${WORDS[mark.kind]} ${exactTime(mark.at)}`;
    taken = place;
  });
}
