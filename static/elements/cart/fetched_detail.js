import { Refusal } from "../../http.js";
import { dress, fetched } from "../../visit.js";

/** @typedef {import("../../page_element.js").PageElement} PageElement */

/**
 * The panel of a cart as the server renders it now, to be docked beside a list; it is not started yet.
 * @param {string} address  of the cart's own page
 * @param {AbortSignal} signal
 * @returns {Promise<PageElement>}
 * @throws {Refusal}
 */
export async function fetchDetail(address, signal) {
  const page = await fetched(address, signal);
  const detail = page?.querySelector("cart-detail");
  if (!page || !detail) throw new Refusal("other", "The server has another version of this page: load it anew.");
  await dress(page);
  const docked = /** @type {PageElement} */ (document.importNode(detail, true));
  docked.setAttribute("data-docked", "");
  const title = docked.querySelector("h1");
  const below = document.createElement("h2"); // the list has the first one
  below.className = title?.className ?? "";
  below.append(...(title?.childNodes ?? []));
  title?.replaceWith(below);
  return docked;
}
