import { call, Refusal } from "../../http.js";

/** @typedef {import("../../ports.js").PageElement} PageElement */

/**
 * The panel of a cart as the server renders it now, to be docked beside a list; it is not started yet.
 * @param {string} address  of the cart's own page
 * @param {AbortSignal} signal
 * @returns {Promise<PageElement>}
 * @throws {Refusal}
 */
export async function fetchDetail(address, signal) {
  const page = new DOMParser().parseFromString(await call("GET", address, { as: "text", signal }), "text/html");
  const [theirs, ours] = [page, document].map((each) => each.querySelector("script[src]")?.getAttribute("src"));
  const detail = page.querySelector("cart-detail");
  if (!detail || theirs !== ours) throw new Refusal("other", "The server has another version of this page: load it anew.");
  const docked = /** @type {PageElement} */ (document.importNode(detail, true));
  docked.setAttribute("data-docked", "");
  const title = docked.querySelector("h1");
  const below = document.createElement("h2"); // the list has the first one
  below.className = title?.className ?? "";
  below.append(...(title?.childNodes ?? []));
  title?.replaceWith(below);
  return docked;
}
