/** Corrections of many skipped records at once. */

import { call } from "../http.js";

/**
 * @typedef {object} BulkAnswer
 * @property {number} matching
 * @property {number} valid
 * @property {Record<string, number>} still_bad
 * @property {number} sent_before
 * @property {number} until  the newest record that was looked at
 * @property {number} to_send  of the valid ones, those that were not sent before
 * @property {{id: number, raw: string, corrected: string, outcome: string}[]} examples
 * @property {number} [sent]
 */

/**
 * @param {string} json  which records, and how they are mended
 * @returns {Promise<BulkAnswer>}
 */
export const resubmitMany = (json) => call("POST", "/api/skipped/resubmit", { json });
