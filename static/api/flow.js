/** What the server tells of the flow: over time, step by step, start by start, and by a proof. */

import { call } from "../http.js";

/** @typedef {"events" | "skipped" | "lag" | "accept_to_view_p50_ms" | "accept_to_view_p99_ms"} Drawn */
/** @typedef {{at: string, kind: "killed" | "started" | "reset", words: string}} Mark */

/**
 * @typedef {object} History  points of one distance; null where the server was off
 * @property {number} step  seconds
 * @property {string} from
 * @property {Record<Drawn, (number | null)[]>} series
 * @property {Mark[]} marks
 */

/**
 * @typedef {object} Step
 * @property {string} id
 * @property {number} in
 * @property {number} out
 * @property {number} per_second
 * @property {number} busy_seconds  since this start of the flow
 */

/** @typedef {{steps: Step[], slowest: string | null}} Dataflow */

/**
 * @typedef {object} Start  one start of the flow; what is not known yet is null
 * @property {number} execution
 * @property {string} reason
 * @property {string} started_at
 * @property {number | null} seconds_to_restored
 * @property {number | null} carts_restored
 * @property {{offset: number, source: string | null, line: number | null} | null} resumed_at
 * @property {number | null} records_replayed
 * @property {number | null} seconds_to_first_new
 * @property {string | null} caught_up_at
 * @property {number | null} seconds  until it was caught up
 * @property {string | null} ended_at
 * @property {string | null} ended_because
 */

/**
 * @typedef {import("../store.js").Flow & {history: Start[], next: string | null, total: number,
 *   snapshot: {taken_at: string | null, bytes: number},
 *   agreement: import("../elements/recovery/agreement.js").Agreement | null}} Recovery
 */

/** @typedef {"paid" | "unpaid" | "waiting" | "skipped"} Figure */

/**
 * @typedef {object} Proof
 * @property {"none" | "running" | "done" | "failed"} state
 * @property {number} progress  0 to 1
 * @property {Record<Figure, number> | null} journal
 * @property {Record<Figure, number> | null} view
 * @property {number | null} lost
 * @property {number | null} twice
 * @property {number | null} seconds
 * @property {string[]} examples
 * @property {string | null} error
 */

/**
 * @param {string} range
 * @param {AbortSignal} signal
 * @returns {Promise<History>}
 */
export const history = (range, signal) => call("GET", `/api/history?range=${encodeURIComponent(range)}`, { signal });

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Dataflow>}
 */
export const dataflow = (signal) => call("GET", "/api/dataflow", { signal });

/**
 * What the flow does, and a page of its starts, newest first.
 * @param {{limit: number, cursor?: string}} page
 * @param {AbortSignal} signal
 * @returns {Promise<Recovery>}
 */
export function recovery({ limit, cursor }, signal) {
  const query = new URLSearchParams(cursor ? { limit: String(limit), cursor } : { limit: String(limit) });
  return call("GET", `/api/recovery?${query}`, { signal });
}

/**
 * Begin a proof, or hear of the one that runs.
 * @returns {Promise<Proof>}
 */
export const prove = () => call("POST", "/api/prove");

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Proof>}
 */
export const proof = (signal) => call("GET", "/api/prove", { signal });
