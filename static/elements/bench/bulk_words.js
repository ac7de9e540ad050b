import { reasons } from "../../paint/record_words.js";
import { count, number } from "../../paint/words.js";

/** @typedef {import("../../api/skipped_bulk.js").BulkAnswer} BulkAnswer */

/**
 * What a bulk would do.
 * @param {BulkAnswer} found
 */
export function previewWords({ matching, valid, still_bad, sent_before }) {
  const bad = matching - valid;
  const why = bad > 0 ? ` (${reasons(still_bad)})` : "";
  return `${number(valid)} become${valid === 1 ? "s" : ""} valid · ${number(bad)} stay${bad === 1 ? "s" : ""} bad${why}`
    + ` · ${number(sent_before)} ${sent_before === 1 ? "was" : "were"} sent before`;
}

/**
 * How far a bulk is that was sent.
 * @param {number} sent
 * @param {number} waiting  of all corrections, those that have not landed
 * @param {boolean} isFlowing
 */
export function sentWords(sent, waiting, isFlowing) {
  const left = Math.min(sent, waiting);
  const later = left > 0 && !isFlowing ? " until the flow runs again" : "";
  return `${count(sent, "record")} sent: ${number(sent - left)} landed, ${number(left)} waiting${later}.`;
}

/**
 * @param {number} changed
 * @param {boolean} aside  whether they are set aside or taken back
 * @param {number} chosen  of so many; 0: of all that match
 */
export function asideWords(changed, aside, chosen) {
  const left = Math.max(0, chosen - changed);
  const why = left > 0 ? ` ${number(left)} ${left === 1 ? "is" : "are"} not ${aside ? "open" : "aside"}, so nothing is changed there.` : "";
  return `${count(changed, "record")} ${aside ? "set aside" : "taken back"}.${why}`;
}
