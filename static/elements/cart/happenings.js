import { textOf } from "../../json.js";

/** @typedef {import("../../api/cart.js").Order} Order */

/**
 * @typedef {object} Happening  what one record did to a cart
 * @property {string} key  known for ever: an order is ordered once, and paid once
 * @property {import("../../json.js").Id} id
 * @property {string} words
 * @property {string} status  by whose shape it is told
 * @property {string} at
 * @property {import("../../api/cart.js").Cause} cause
 */

/**
 * What happened to these orders, the newest first. Knows no DOM.
 * @param {Order[]} orders  the one that changed last first
 * @returns {Happening[]}
 */
export function happenings(orders) {
  const all = orders.flatMap((order) => {
    const [ordered, paid] = [happeningOf(order, "order"), happeningOf(order, "payment")];
    return (isEarly(order) ? [ordered, paid] : [paid, ordered]).filter((each) => each !== null);
  });
  return all.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

/**
 * @param {Order} order
 * @param {"order" | "payment"} kind
 * @returns {Happening | null}
 */
function happeningOf(order, kind) {
  const cause = order[kind];
  const at = kind === "order" ? order.ordered_at : order.paid_at;
  if (cause === null || at === null) return null;
  const early = isEarly(order);
  const key = `${kind} ${textOf(order.order_id)}`;
  const what = { key, id: order.order_id, at, cause };
  if (kind === "order") return { ...what, words: early ? "ordered, paid before" : "ordered", status: early ? "paid" : "unpaid" };
  return { ...what, words: early ? "payment waits" : "paid", status: early ? "waiting" : "paid" };
}

/** Whether the payment came first. @param {Order} order */
function isEarly({ status, ordered_at, paid_at }) {
  return status === "waiting" || Date.parse(paid_at ?? "") < Date.parse(ordered_at ?? "");
}
