/** What the view of one cart asks the server for, beyond the frames that it sends. */

import { cartAddress, ROOT } from "../address.js";
import { call } from "../http.js";

/** @typedef {import("../json.js").Id} Id */
/** @typedef {{upload: Id | null, source: string, line: number, skipped?: number}} Cause  a record; skipped: which it corrects */

/**
 * @typedef {object} Order  with the records that ordered and that paid it, and when these were accepted
 * @property {Id} order_id
 * @property {"unpaid" | "paid" | "waiting"} status
 * @property {string | null} ordered_at
 * @property {string | null} paid_at
 * @property {Cause | null} order
 * @property {Cause | null} payment
 */

/**
 * @typedef {object} OrdersPage
 * @property {Order[]} items
 * @property {number} total
 * @property {string | null} next
 * @property {string | null} back  the cursor of the page before; null: the first one, or none
 * @property {number} first  the number of its first order, from 1
 * @property {number} version  of the cart
 */

/** What is shown, and its status in the API. @type {Record<string, string>} */
const STATUSES = { open: "unpaid", waiting: "waiting", paid: "paid" };

/**
 * The orders that a page of this cart shows.
 * @param {string} user
 * @param {URLSearchParams} page  the query of its address
 * @param {AbortSignal} signal
 */
export function orders(user, page, signal) {
  const query = new URLSearchParams({ status: STATUSES[page.get("show") ?? ""] ?? "" });
  for (const name of ["search", "sort", "cursor"]) query.set(name, page.get(name) ?? "");
  return read(user, query, signal);
}

/**
 * The orders that changed last, the newest change first.
 * @param {string} user
 * @param {AbortSignal} signal
 */
export const changed = (user, signal) => read(user, new URLSearchParams({ sort: "changed" }), signal);

/**
 * @param {string} user
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 * @returns {Promise<OrdersPage>}
 */
function read(user, query, signal) {
  const [path, asked] = cartAddress(user).slice(ROOT.length).split("?");
  const said = new URLSearchParams([...new URLSearchParams(asked), ...query].filter(([, value]) => value !== ""));
  return call("GET", `/api${path}/orders?${said}`, { signal });
}
