import { ROOT } from "../../address.js";
import { textOf } from "../../json.js";
import { age, setTime } from "../../paint/clock.js";
import { setForeign, visible } from "../../paint/foreign.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { setOrderId } from "./order_id.js";

/** @typedef {import("../../api/cart.js").Cause} Cause */
/** @typedef {import("../../api/cart.js").Order} Order */

/** One order of a cart: how it stands, and the records that ordered and that paid it. */
export class OrderRow {
  /** @type {Order | null} */
  #order = null;

  /** @param {HTMLElement} element  a rendered `_order.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {Order | null} order  null: it is as it was rendered */
  update(order) {
    if (order === null || order === this.#order) return;
    this.#order = order;
    const row = this.element;
    setAttribute(row, "data-order", textOf(order.order_id));
    setAttribute(row, "data-status", order.status);
    setAttribute(part(row, ".order-mark"), "data-status", order.status);
    setText(part(row, ".order-word"), order.status);
    const id = part(row, ".order-id");
    setAttribute(id, "title", visible(String(order.order_id)));
    setOrderId(part(id, ".foreign"), order.order_id);
    this.#record("order", order.ordered_at, order.order);
    this.#record("payment", order.paid_at, order.payment);
    setText(part(row, ".standing-words"), standing(order));
    show(part(row, ".standing-age"), order.status !== "paid");
    setTime(part(row, ".standing-age time"), order.ordered_at ?? order.paid_at ?? "");
  }

  /**
   * @param {string} name
   * @param {string | null} at
   * @param {Cause | null} cause
   */
  #record(name, at, cause) {
    const cell = part(this.element, `[data-record="${name}"]`);
    const time = part(cell, ".record-at");
    setTime(time, at ?? "");
    show(time, at !== null);
    setCause(part(cell, ".record-cause"), cause);
    show(part(cell, ".record-none"), cause === null);
  }
}

/**
 * Name a record, with a link to where more is told of it.
 * @param {HTMLElement} link
 * @param {Cause | null} cause  null: there is none
 */
export function setCause(link, cause) {
  show(link, cause !== null);
  const address = cause ? causeAddress(cause) : "";
  if (address) setAttribute(link, "href", address);
  else link.removeAttribute("href");
  setForeign(part(link, ".foreign"), cause?.source ?? "");
  setText(part(link, ".cause-line"), cause?.line ?? "");
}

/** @param {Cause} cause */
function causeAddress({ upload, skipped }) {
  if (skipped !== undefined) return `${ROOT}/skipped?id=${skipped}`;
  return upload === null ? "" : `${ROOT}/files/${upload}`;
}

/**
 * How an order stands, or for how long it was open.
 * @param {Order} order
 */
export function standing({ status, ordered_at, paid_at }) {
  if (status !== "paid") return status === "unpaid" ? "open" : "waiting";
  const [ordered, paid] = [Date.parse(ordered_at ?? ""), Date.parse(paid_at ?? "")];
  if (paid < ordered) return "paid before its order";
  const took = age(ordered, paid);
  return took === "0 s" ? "paid at once" : took;
}
