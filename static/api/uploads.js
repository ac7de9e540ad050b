/** What is done to uploads that the server has. */

import { call } from "../http.js";

/** @typedef {import("../json.js").Id} Id */
/** @typedef {import("../store.js").Upload} Upload */

/**
 * @param {Id} id
 * @param {{rate: number | null} | {state: string}} change
 * @returns {Promise<Upload>}
 */
export const changeUpload = (id, change) => call("PATCH", uploadPath(id), { json: JSON.stringify(change) });

/**
 * @param {Id} id
 * @returns {Promise<Upload>} another one
 */
export const replayUpload = (id) => call("POST", `${uploadPath(id)}/replay`);

/** @param {Id} id */
export const uploadPath = (id) => `/api/uploads/${encodeURIComponent(String(id))}`;
