import { ROOT } from "./address.js";
import { parse } from "./json.js";
import { UNHEARD } from "./paint/patch.js";

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

export const SILENT = new Refusal("unreachable", UNHEARD);

/**
 * Ask the server once.
 * @param {string} method
 * @param {string} path  as it is where nothing is mounted before it
 * @param {{json?: string, as?: "json" | "text" | "blob", signal?: AbortSignal}} [how]
 * @throws {Refusal}
 */
export async function call(method, path, { json, as = "json", signal } = {}) {
  const headers = json === undefined ? undefined : { "Content-Type": "application/json" };
  let response;
  let answer;
  try {
    response = await fetch(ROOT + path, { method, headers, body: json, signal });
    answer = as === "blob" && response.ok ? await response.blob() : await response.text();
  } catch {
    throw SILENT;
  }
  if (!response.ok) throw refusal(response.status, String(answer));
  return as === "json" && typeof answer === "string" && answer ? parsed(response.status, answer) : answer;
}

/**
 * What an answer refuses; that the session has ended is told of the whole page, too.
 * @param {number} status
 * @param {string} body
 */
export function refusal(status, body) {
  if (status === 401) {
    import("./paint/answered.js").then(({ signedOut }) => signedOut()).catch(() => {});
    return new Refusal("unauthorized", "Nobody is signed in here any more: sign in, and do it again.");
  }
  try {
    const { code, message } = parse(body).error;
    if (message) return new Refusal(code, message);
  } catch {
    // as below
  }
  return new Refusal(String(status), `The server answered ${status} without a reason.`);
}

/**
 * What an answer of JSON says.
 * @param {number} status
 * @param {string} body
 * @throws {Refusal} where it is none, as one of a proxy
 */
export function parsed(status, body) {
  try {
    return parse(body);
  } catch {
    throw new Refusal("other", `The server answered ${status} with something else than was asked for. Try again.`);
  }
}
