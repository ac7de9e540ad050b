import { changed, orders } from "../../api/cart.js";
import { part } from "../../paint/patch.js";
import { ChangeLog } from "./change_log.js";
import { OrderTable } from "./order_table.js";

/** @typedef {import("./cart_detail.js").CartDetail} CartDetail */

/** The orders of a cart and what happened to it, from its first change on: until then all is as it was rendered. */
export class LiveOrders {
  #table;
  #log;
  #address;

  /**
   * @param {CartDetail} detail
   * @param {import("../carts/in_use.js").InUse} use  of the table
   * @param {AbortSignal} signal
   */
  constructor(detail, use, signal) {
    this.#address = detail.address;
    this.#table = new OrderTable(part(detail, ".order-table"), this.#address, use, signal);
    this.#log = new ChangeLog(part(detail, ".one-changes"));
  }

  /**
   * Read the page of orders and what changed last; an answer of before is passed over.
   * @param {string} user
   * @param {{opened: number, read: number}} versions  of the cart as it was opened, and as it was read last
   * @param {AbortSignal} signal
   * @returns {Promise<{version: number, words: string}>} which version is shown now, and what is new in words
   */
  async read(user, { opened, read }, signal) {
    const [page, changes] = await Promise.all([orders(user, this.#address.searchParams, signal), changed(user, signal)]);
    const version = Math.min(page.version, changes.version);
    if (signal.aborted || version < read) return { version: read, words: "" };
    this.#table.hear(page, changes.items);
    return { version, words: this.#log.hear(changes.items, changes.version - opened) };
  }

  /** Settle what may be settled: the table is used, or no longer. */
  tend() {
    this.#table.tend();
  }

  /** Nothing of it is known any more. */
  clear() {
    this.#table.clear();
    this.#log.clear();
  }
}
