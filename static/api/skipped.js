/** Skipped records and their corrections, as the server tells of them. */

import { call } from "../http.js";

/** @typedef {import("../json.js").Id} Id */

/**
 * @typedef {{valid: true, event: {user_id: string, type: string, order_id: Id}}
 *   | {valid: false, reason: string, message: string, column: number | null}} Checked
 */

/**
 * What the flow would make of a line.
 * @param {string} line
 * @param {AbortSignal} signal
 * @returns {Promise<Checked>}
 */
export const check = (line, signal) => call("POST", "/api/check", { json: line, signal });

/**
 * A record as it is now.
 * @param {string} id
 * @returns {Promise<{state: string}>}
 */
export const one = (id) => call("GET", `/api/skipped/${id}`);

/**
 * @param {string} id
 * @param {string} line
 * @param {boolean} again  also where a correction was sent before
 * @returns {Promise<{state: string}>}
 */
export const resubmit = (id, line, again) => call("POST", `/api/skipped/${id}/resubmit?force=${again}`, { json: line });

/**
 * @param {string} json  which records, and whether they are set aside or taken back
 * @returns {Promise<{changed: number}>}
 */
export const putAside = (json) => call("POST", "/api/skipped/aside", { json });

/**
 * The whole line of a record.
 * @param {string} id
 * @returns {Promise<string>}
 */
export const wholeLine = (id) => call("GET", `/api/skipped/${id}/raw`, { as: "text" });

/**
 * The workbench as the server renders it now; it is not of this document.
 * @param {string} query  of its address, with the question mark, or empty
 */
export async function workbench(query) {
  const html = await call("GET", `/skipped${query}`, { as: "text" });
  const page = new DOMParser().parseFromString(html, "text/html");
  const bench = page.querySelector("skipped-bench");
  if (!bench) throw new Error("This page is out of date: load it anew.");
  return bench;
}
