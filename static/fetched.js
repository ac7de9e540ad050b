/** The page that the server renders at another address. */

import { part } from "./paint/patch.js";

/**
 * The page at an address; null where it is none that can be put in the place of this one.
 * @param {string} address
 * @param {AbortSignal} signal
 * @throws {TypeError} where the server gives no page
 */
export async function fetched(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  const isPage = answer.headers.get("Content-Type")?.startsWith("text/html");
  // A server that is busy, or one before it, gives none: what is shown is not given up for that.
  if (!isPage || answer.status === 429 || answer.status >= 500) throw new TypeError(`no page, but ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("script[src]")?.getAttribute("src");
  const isOurs = main === part(document, "script[src]").getAttribute("src") && page.querySelector("#view");
  return isOurs ? page : null;
}
