/** What the view of completed orders asks the server for, beyond the frames that it sends. */

import { call } from "../http.js";

/** @typedef {{seq: number, user_id: string, order_id: import("../json.js").Id, completed_at: string}} Completed */

/** The most that one answer holds. */
export const MOST = 500;

/**
 * What completed after a `seq`.
 * @param {number} after
 * @param {AbortSignal} signal
 * @returns {Promise<{items: Completed[], total: number}>}
 */
export const completed = (after, signal) => call("GET", `/api/completed?cursor=${after}&limit=${MOST}`, { signal });

/** @typedef {{state: string, message: string, since: string}} Topic */

/**
 * How completed orders get to their topic, where they do.
 * @param {AbortSignal} signal
 * @returns {Promise<Topic>}
 */
export const topic = (signal) => call("GET", "/api/completed/topic", { signal });
