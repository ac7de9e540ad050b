/** What the views of files ask the server for, beyond the frames that it sends. */

import { call } from "../http.js";
import { uploadPath } from "./uploads.js";

/** @typedef {import("../json.js").Id} Id */
/** @typedef {import("../store.js").Upload} Upload */
/** @typedef {import("../store.js").Skipped} Skipped */

/** @typedef {{rate: number, users: number, bad: number}} StreamAsked  records a second, users, the share of bad ones */
/** @typedef {StreamAsked & {lines: number, started_at: string}} Stream  one that runs; lines: records so far */

/**
 * @param {Id} id
 * @param {AbortSignal} signal
 * @returns {Promise<Upload>}
 */
export const upload = (id, signal) => call("GET", uploadPath(id), { signal });

/**
 * @param {string} cursor
 * @param {number} limit
 * @param {AbortSignal} signal
 * @returns {Promise<{items: Upload[]}>} newest first
 */
export const uploads = (cursor, limit, signal) =>
  call("GET", `/api/uploads?${new URLSearchParams({ cursor, limit: String(limit) })}`, { signal });

/**
 * Let some further lines of a paused upload go.
 * @param {Id} id
 * @param {number} lines
 * @returns {Promise<Upload>}
 */
export const step = (id, lines) => call("POST", `${uploadPath(id)}/step`, { json: JSON.stringify({ lines }) });

/**
 * How many records of an upload were skipped, by reason.
 * @param {Id} id
 * @param {AbortSignal} signal
 * @returns {Promise<{by_reason: Record<string, number>}>}
 */
export const skippedOf = (id, signal) =>
  call("GET", `/api/skipped?${new URLSearchParams({ upload: String(id), limit: "1" })}`, { signal });

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Stream | null>} the endless stream, where one runs
 */
export const stream = (signal) => call("GET", "/api/stream", { signal });

/**
 * @param {StreamAsked} asked
 * @returns {Promise<Stream>}
 */
export const beginStream = (asked) => call("POST", "/api/stream", { json: JSON.stringify(asked) });

/** @returns {Promise<Stream>} as it was at its end */
export const endStream = () => call("DELETE", "/api/stream");
