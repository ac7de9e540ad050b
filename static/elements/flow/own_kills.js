/** The starts that this tab's own kills have led to: of these, and no others, it may be said that *you* killed the flow. */

import { keep, kept, OWN_KILLS, THIS_TAB } from "../../kept.js";
import { setText } from "../../paint/patch.js";

/** The reason of a start that somebody's kill has led to. */
export const ASKED = "a person killed it";

/** @returns {string[]} executions */
const ownKills = () => (kept(OWN_KILLS, THIS_TAB) ?? "").split(",");

/** @param {number | string} execution */
export const isOwnKill = (execution) => ownKills().includes(String(execution));

/**
 * Say of the starts on screen which are one's own.
 * @param {ParentNode} place
 * @param {string} [execution]  one that is new among them
 */
export function tellOwnKills(place, execution) {
  if (execution) keep(OWN_KILLS, [...ownKills(), execution].slice(-50).join(), THIS_TAB);
  for (const own of ownKills()) {
    const reason = place.querySelector(`[data-start="${own}"] [data-reason="${ASKED}"]`);
    if (reason) setText(reason, "you killed it");
  }
}
