import { parse, textOf } from "./json.js";

/** @typedef {import("./json.js").Id} Id */
/** @typedef {import("./store.js").Upload} Upload */

/** What the server refused, in its own words, or that it did not answer at all. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const SILENT = new Refusal("unreachable", "The server did not answer. Try again when the page is live.");

/**
 * The file of the packaged sample.
 * @returns {Promise<Blob>}
 */
export const sample = () => call("GET", "/cart-join.json", { as: "blob" });

/**
 * The carts that have an order or a waiting payment of exactly this text.
 * @param {string} order
 * @returns {Promise<{items: {user_id: string, order_id: Id, status: string}[], more: boolean}>}
 */
export const orders = (order) => call("GET", `/api/orders/${encodeURIComponent(order)}`);

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

/**
 * The version of the page that the server serves now.
 * @returns {Promise<string>}
 */
export const version = () => call("GET", "/static/version", { as: "text" });

export const restartFlow = () => call("POST", "/api/flow/restart");

/** @param {Id | null} replay  the upload to replay once all is forgotten */
export function startOver(replay) {
  const json = replay === null ? '{"confirm":"reset"}' : `{"confirm":"reset","replay":${textOf(replay)}}`;
  return call("POST", "/api/reset", { json });
}

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
    request.open("POST", `/api/uploads?${query}`);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      if (request.status < 300) resolve(parse(request.responseText));
      else reject(refusal(request.status, request.responseText));
    };
    request.onerror = () => reject(SILENT);
    request.onabort = () => reject(new Refusal("stopped", `Sending ${name} was stopped; nothing of it was kept.`));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** @param {Id} id */
export const uploadPath = (id) => `/api/uploads/${encodeURIComponent(String(id))}`;

/**
 * Ask the server once.
 * @param {string} method
 * @param {string} path
 * @param {{json?: string, as?: "json" | "text" | "blob", signal?: AbortSignal}} [how]
 * @throws {Refusal}
 */
export async function call(method, path, { json, as = "json", signal } = {}) {
  const headers = json === undefined ? undefined : { "Content-Type": "application/json" };
  let response;
  let answer;
  try {
    response = await fetch(path, { method, headers, body: json, signal });
    answer = as === "blob" && response.ok ? await response.blob() : await response.text();
  } catch {
    throw SILENT;
  }
  if (!response.ok) throw refusal(response.status, String(answer));
  return as === "json" && typeof answer === "string" && answer ? parse(answer) : answer;
}

/**
 * @param {number} status
 * @param {string} body
 */
function refusal(status, body) {
  try {
    const { code, message } = parse(body).error;
    return new Refusal(code, message);
  } catch {
    return new Refusal(String(status), `The server answered ${status} without a reason.`);
  }
}
