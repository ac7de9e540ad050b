/** The starts that this tab's own kills have led to: of these, and no others, it may be said that *you* killed the flow. */

import { setText } from "../../paint/patch.js";

/** The reason of a start that somebody's kill has led to. */
export const ASKED = "a person restarted it";
const KEPT = "cartwatch.killed";

/** @returns {string[]} executions */
const kept = () => (sessionStorage.getItem(KEPT) ?? "").split(",");

/** @param {number | string} execution */
export const isOwnKill = (execution) => kept().includes(String(execution));

/**
 * Say of the starts on screen which are one's own.
 * @param {ParentNode} place
 * @param {string} [execution]  one that is new among them
 */
export function tellOwnKills(place, execution) {
  if (execution) sessionStorage.setItem(KEPT, [...kept(), execution].slice(-50).join());
  for (const own of kept()) {
    const reason = place.querySelector(`[data-start="${own}"] [data-reason="${ASKED}"]`);
    if (reason) setText(reason, "you killed it");
  }
}
