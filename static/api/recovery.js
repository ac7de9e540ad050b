/** What the server tells of the flow's starts. */

import { call } from "../http.js";

/**
 * @typedef {object} Start  one start of the flow; what is not known yet is null
 * @property {number} execution
 * @property {number} workers
 * @property {string} reason
 * @property {string} started_at
 * @property {number | null} carts_restored
 * @property {{offset: number, source: string | null, line: number | null} | null} resumed_at
 * @property {number | null} records_replayed
 * @property {string | null} caught_up_at
 * @property {number | null} seconds  until it was caught up
 * @property {string | null} ended_at
 * @property {string | null} ended_because
 */

/**
 * @typedef {import("../store.js").Flow & {history: Start[], next: string | null, total: number,
 *   places: import("../elements/flow/far_workers.js").Place[],
 *   snapshot: {taken_at: string | null, bytes: number},
 *   agreement: import("../elements/recovery/agreement.js").Agreement | null}} Recovery
 */

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
