/** What became of an upload, in words; the server says it alike (`web/http/pages/upload_words.py`). Pure. */

import { sentence } from "../../paint/words.js";
import { ENDED } from "./news.js";

/** @typedef {import("../../store.js").Upload} Upload */

const BY_HAND = "paused by hand";
/** For so long a file of which nothing was accepted stands above others that have ended. */
const FRESH_MS = 3_600_000;

/** @param {Upload} upload */
export const hasEnded = ({ state }) => ENDED.has(state);

/** Whether nobody paused it but what is in it. @param {Upload} upload */
export const pausedItself = ({ state, paused_because: why }) => state === "paused" && Boolean(why) && why !== BY_HAND;

/** Whether all of it was read in vain. @param {Upload} upload */
export const wasInVain = ({ state, processed, accepted }) => state === "done" && processed > 0 && accepted === 0;

/** Whether somebody has to look at it. @param {Upload} upload */
export const isAlarming = (upload) => pausedItself(upload) || wasInVain(upload);

/** @param {Upload} upload */
export const stateWord = (upload) => (wasInVain(upload) ? "nothing accepted" : upload.state);

/** Since when it is in its state. @param {Upload} upload */
export const stateTime = (upload) => upload.finished_at ?? upload.paused_at ?? "";

/**
 * What is to be said of its state; empty where the state says all.
 * @param {Upload} upload
 */
export function whyOf(upload) {
  const { accepted, skipped, processed, error, paused_because: paused, looks_like: what } = upload;
  if (error) return error;
  if (paused) return paused === BY_HAND ? "" : paused;
  if (!hasEnded(upload) || processed === 0) return "";
  if (accepted > 0) return what && skipped > 0 ? sentence(what) : "";
  if (wasInVain(upload) && skipped === 0) return "It has blank lines only: there is no record in it.";
  return what ? ["Nothing in it was accepted", `${what}.`].join("; ") : "Nothing in it was accepted.";
}

/**
 * Whether somebody has to look at it now.
 * @param {Upload} upload
 * @param {string} at  the time of the facts
 */
export function isOnTop(upload, at) {
  if (pausedItself(upload)) return true;
  return wasInVain(upload) && Date.parse(at) - Date.parse(upload.finished_at ?? "") < FRESH_MS;
}

/**
 * The order in which uploads are looked at: what goes on, those that paused themselves first, then failures.
 * @param {import("../../store.js").Store} store
 */
export function orderOf({ uploads: { order, items }, at }) {
  const rank = (/** @type {string} */ key) => {
    const upload = /** @type {Upload} */ (items.get(key));
    if (pausedItself(upload)) return 0;
    if (upload.state === "running" || upload.state === "paused") return 1;
    return isOnTop(upload, at) ? 2 : 3;
  };
  return order.toSorted((a, b) => rank(a) - rank(b));
}
