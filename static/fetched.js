/** The page that the server renders at another address. */

import { part } from "./paint/patch.js";

/**
 * The page at an address; null where it is none that can be put in the place of this one.
 * @param {string} address
 * @param {AbortSignal} signal
 */
export async function fetched(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/html")) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("script[src]")?.getAttribute("src");
  const isOurs = main === part(document, "script[src]").getAttribute("src") && page.querySelector("#view");
  return isOurs ? page : null;
}
