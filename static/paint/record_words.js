/** What is said of skipped records; the server says it alike (`web/http/pages/filters.py`). */

import { number } from "./words.js";

/** @param {Record<string, number>} byReason */
export function reasons(byReason) {
  const ordered = Object.entries(byReason).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ordered.map(([reason, count]) => `${number(count)} ${reasonWords(reason)}`).join(", ");
}

/** @type {Record<string, string>} */
const REASONS = {
  too_long: "too long",
  invalid_utf8: "not UTF-8",
  invalid_json: "not JSON",
  not_an_object: "not an object",
  missing_field: "a field is missing",
  invalid_user_id: "bad user id",
  unknown_type: "unknown type",
  invalid_order_id: "bad order id",
};

/**
 * Why a record is skipped, as a person reads it.
 * @param {string} reason
 */
export const reasonWords = (reason) => REASONS[reason] ?? reason;

/** As much of a raw text as a row has room for. */
const RAW_SHOWN = 160;

/** @param {string} raw */
export function cutRaw(raw) {
  const characters = [...raw.slice(0, 2 * RAW_SHOWN + 2)];
  return characters.length > RAW_SHOWN ? `${characters.slice(0, RAW_SHOWN - 1).join("")}…` : raw;
}
