import { act, tell } from "../../paint/action.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, show } from "../../paint/patch.js";
import { CartRow } from "./cart_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Cart} Cart */
/** @typedef {import("../../store.js").Summary} Summary */

/** The shortest time between two readings of a whole cart that keeps changing. */
const PAUSE_MS = 2_000;

/** One cart, large: its newest orders live, and all of them on demand. */
export class CartPage extends HTMLElement {
  #life = new AbortController();
  /** @type {Cart | null} the whole cart, once it is asked for */
  #whole = null;
  #timer = 0;
  #reading = false;

  /** @param {Ports} ports */
  start({ store, place, painter, http }) {
    const { signal } = this.#life;
    const user = /** @type {string} */ (place.window.user);
    /** @type {KeyedList<Cart>} */
    const list = new KeyedList(part(this, ".carts-list"), "cart", CartRow);
    const paint = () => {
      if (!store.ready) return;
      const { order, items } = store.carts;
      list.paint(order, (key) => this.#whole ?? /** @type {Cart} */ (items.get(key)));
      show(part(this, '[data-empty="unknown"]'), order.length === 0);
      const cart = items.get(user);
      show(part(this, '[data-action="all-orders"]'), !this.#whole && cart !== undefined && isCut(cart));
    };
    const read = async () => {
      this.#timer = 0;
      this.#reading = true;
      await tell(this, async () => {
        this.#whole = counted(await http.cart(user), store.carts.items.get(user));
        painter.ask(paint);
      });
      this.#reading = false;
      later();
    };
    const later = () => {
      const live = store.carts.items.get(user);
      if (!this.#whole || !live || live.version <= this.#whole.version || this.#reading) return;
      this.#timer ||= setTimeout(read, PAUSE_MS);
    };
    store.watch(({ reset, carts }) => {
      if (reset) this.#whole = null;
      if (!carts) return;
      later();
      painter.ask(paint);
    }, signal);
    const all = part(this, '[data-action="all-orders"]');
    all.addEventListener("click", (event) => act(event, all, this, read), { signal });
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#life.abort();
  }
}

/** @param {Cart} cart */
function isCut({ paid, unpaid, waiting, paid_order_ids, unpaid_order_ids, waiting_payment_ids }) {
  return paid + unpaid + waiting > paid_order_ids.length + unpaid_order_ids.length + waiting_payment_ids.length;
}

/**
 * A whole summary as the row of a list has it: with its counts, and the time that only the live one knows.
 * @param {Summary} whole
 * @param {Cart} [live]
 * @returns {Cart}
 */
function counted(whole, live) {
  return {
    ...whole,
    paid: whole.paid_order_ids.length,
    unpaid: whole.unpaid_order_ids.length,
    waiting: whole.waiting_payment_ids.length,
    updated_at: live?.updated_at ?? "",
  };
}
