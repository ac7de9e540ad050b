/** Sending a file to the server. */

import { ROOT } from "../address.js";
import { parsed, Refusal, refusal, SILENT } from "../http.js";

/** @typedef {import("../store.js").Upload} Upload */

/**
 * @typedef {object} Check  what would come of a file, of which nothing is kept
 * @property {number} lines
 * @property {number} accepted
 * @property {number} skipped
 * @property {number} blank
 * @property {Record<string, number>} by_reason
 * @property {number | null} users  null: more than can be told apart
 * @property {number} orders
 * @property {number} payments
 * @property {string | null} looks_like
 * @property {{line: number, reason: string, message: string, raw: string}[]} examples  the first that would be skipped
 */

/**
 * Send a file. Not by fetch, which cannot tell how far it got.
 * @param {Blob} file
 * @param {object} how
 * @param {string} how.name
 * @param {number | null} how.rate  records a second; null: as fast as possible
 * @param {boolean} how.check  only tell what would come of it
 * @param {(share: number) => void} how.onProgress
 * @param {AbortSignal} how.signal
 * @returns {Promise<Upload | Check>}
 */
export function upload(file, { name, rate, check, onProgress, signal }) {
  const query = new URLSearchParams({ name });
  if (check) query.set("check", "true");
  else if (rate !== null) query.set("rate", String(rate));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${ROOT}/api/uploads?${query}`);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const { status, responseText } = request;
      try {
        if (status >= 300) throw refusal(status, responseText);
        resolve(parsed(status, responseText));
      } catch (why) {
        reject(why);
      }
    };
    request.onerror = () => reject(SILENT);
    request.onabort = () => reject(new Refusal("stopped", `Sending ${name} was stopped; nothing of it was kept.`));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
