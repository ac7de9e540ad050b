import { cartAddress } from "../../address.js";
import { setTime } from "../../paint/clock.js";
import { setForeignCut, visible } from "../../paint/foreign.js";
import { part, setAttribute, setText } from "../../paint/patch.js";
import { setOrderId } from "../cart/order_id.js";

/** One order that was paid. */
export class CompletedRow {
  /** @param {HTMLElement} element  a rendered `_completed.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {import("../../api/completed.js").Completed | null} order  null: it is as it was rendered; it never changes */
  update(order) {
    if (order === null) return;
    const row = this.element;
    setAttribute(row, "data-completed", order.seq);
    setText(part(row, ".feed-seq"), order.seq);
    const user = part(row, ".feed-user a");
    setAttribute(user, "href", cartAddress(order.user_id));
    setAttribute(user, "title", visible(order.user_id));
    setForeignCut(part(user, ".foreign"), order.user_id);
    const id = part(row, ".feed-order");
    setAttribute(id, "title", visible(String(order.order_id)));
    setOrderId(part(id, ".foreign"), order.order_id);
    setTime(part(row, "time"), order.completed_at);
  }
}
