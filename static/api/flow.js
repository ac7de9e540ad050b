/** What the server tells of the flow: over time, step by step, and by a proof. */

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
 * @property {number} busy_seconds  since this start of the flow, of all workers that run it
 */

/**
 * @typedef {{steps: Step[], slowest: string | null, workers: number,
 *   places: import("../elements/flow/far_workers.js").Place[]}} Dataflow
 */
/** @typedef {{state: "none" | "running" | "done" | "failed", progress: number}} Proof */

/**
 * @param {string} range
 * @param {AbortSignal} signal
 * @returns {Promise<History>}
 */
export const history = (range, signal) => call("GET", `/api/history?range=${range}`, { signal });

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Dataflow>}
 */
export const dataflow = (signal) => call("GET", "/api/dataflow", { signal });

/**
 * @typedef {object} Kafka  how topics are read
 * @property {string} state
 * @property {string | null} message
 * @property {{topic: string, partition: number, next: number, lag: number | null, lag_seconds: number | null}[]} partitions
 * @property {object[]} lost
 */

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Kafka>}
 */
export const kafka = (signal) => call("GET", "/api/kafka", { signal });

/** @param {string} loss  as it was shown, in JSON */
export const acceptLoss = (loss) => call("POST", "/api/kafka/accept-loss", { json: loss });

/** Begin a proof, or hear of the one that runs. */
export const prove = () => call("POST", "/api/prove");

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Proof>}
 */
export const proof = (signal) => call("GET", "/api/prove", { signal });

/**
 * The whole view as the server renders it now: what seldom changes is described there alone.
 * @param {string} range
 * @param {AbortSignal} signal
 */
export async function rendered(range, signal) {
  const html = await call("GET", `/flow?range=${range}`, { as: "text", signal });
  return new DOMParser().parseFromString(html, "text/html");
}

/**
 * Take parts of the view as they are rendered now.
 * @param {ParentNode} place
 * @param {ParentNode} page  or the same place in it
 * @param {string} parts  a selector of as many here as there
 */
export function adopt(place, page, parts) {
  const fresh = [...page.querySelectorAll(parts)];
  place.querySelectorAll(parts).forEach((old, at) => old.replaceWith(fresh[at] ?? ""));
}
