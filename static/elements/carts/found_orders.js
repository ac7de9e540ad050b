import { cartAddress } from "../../address.js";
import { call } from "../../http.js";
import { isQuoted } from "../../json.js";
import { setForeign, visible } from "../../paint/foreign.js";
import { fresh, part, setAttribute, setText, show } from "../../paint/patch.js";

/** @typedef {{user_id: string, order_id: import("../../json.js").Id, status: string}} Found */

/**
 * Tell in which carts there is an order, or a waiting payment, of exactly this text.
 * @param {HTMLElement} place  the `.found`
 * @param {string} order
 * @param {() => boolean} isAsked  whether that is still what is asked for
 */
export async function tellFound(place, order, isAsked) {
  /** @type {{items: Found[], more: boolean}} */
  const { items, more } = await call("GET", `/api/orders/${encodeURIComponent(order)}`);
  if (!isAsked()) return;
  const words = items.length === 0 ? `There is no order ${visible(order)}.` : `Order ${visible(order)} is in`;
  setText(part(place, ".found-words"), words);
  part(place, ".found-list").replaceChildren(...items.map(rowOf), ...(more ? ["and more"] : []));
  show(place, true);
}

/** @param {Found} found */
function rowOf({ user_id, order_id, status }) {
  const row = fresh("found");
  const link = part(row, ".found-user");
  setAttribute(link, "href", cartAddress(user_id));
  setForeign(part(link, ".foreign"), user_id);
  setText(part(row, ".found-status"), isQuoted(order_id) ? `${status} (the text "${order_id}")` : status);
  return row;
}
