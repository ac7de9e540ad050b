import { Paced } from "../../api/paced.js";
import { Refusal } from "../../http.js";
import { PageElement } from "../../page_element.js";
import { complain, part, setText, show } from "../../paint/patch.js";
import { InUse } from "../carts/in_use.js";
import { Pins } from "../carts/pins.js";
import { paintHead } from "./cart_head.js";
import { OrderSearch } from "./order_search.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/**
 * One cart: its counts, a page of its orders, and what happened to it since the page was opened. On a page of its own,
 * or docked beside the list of carts (`data-docked`), where what it leads to is shown in its own place.
 */
export class CartDetail extends PageElement {
  /** Ends what is asked about a cart that is forgotten meanwhile. */
  #known = new AbortController();
  #pins = new Pins();
  #user = "";
  /** The version of the cart that was opened, and the one whose orders are shown. */
  #opened = 0;
  #shown = 0;
  /** @type {import("./live_orders.js").LiveOrders | null} */
  #live = null;

  /** @override @param {Ports} ports */
  start(ports) {
    const { connection, store, painter, place } = ports;
    const { signal } = this;
    this.#user = (this.#isDocked ? place.cart : place.window.user) ?? this.dataset.user ?? "";
    this.#opened = this.#shown = Number(this.dataset.version ?? 0);
    const table = part(this, ".order-table");
    const use = new InUse(table, part(table, ".list-head"), () => this.#live?.tend(), signal);
    const reading = new Paced((given) => this.#read(ports, use, given), signal);
    const paint = () => {
      paintHead(this, this.#user, this.#cart(ports));
      if ((this.#cart(ports)?.version ?? 0) > this.#shown) reading.ask();
    };
    store.watch(({ carts, reset }) => {
      if (reset) this.#forget();
      if (carts || reset) painter.ask(paint);
    }, signal);
    connection.addEventListener("return", () => this.#shown > 0 && reading.ask(), { signal });
    new OrderSearch(part(this, ".one-search"), (address, how) => this.#visit(ports, address, how), signal);
    part(this, '[data-action="again"]').addEventListener("click", () => reading.ask(), { signal });
    this.addEventListener("click", (event) => this.#click(ports, event), { signal });
    const menu = /** @type {HTMLDetailsElement} */ (part(this, ".one-export"));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation(); // it closes this, and nothing behind it
      menu.open = false;
      part(menu, "summary").focus();
    }, { signal });
    this.#showPin();
    if (!this.#isDocked) this.#listenToKeys(ports, signal);
  }

  get #isDocked() {
    return this.dataset.docked !== undefined;
  }

  /** The address of what is shown. */
  get address() {
    return new URL(this.dataset.address ?? "", location.origin);
  }

  /** @param {Ports} ports */
  #cart({ store }) {
    return store.carts.items.get(this.#user) ?? store.kept.items.get(this.#user);
  }

  /** Somebody started over: nothing is known any more. */
  #forget() {
    this.#known.abort();
    this.#known = new AbortController();
    this.#opened = this.#shown = 0;
    if (this.#live) this.#live.clear();
    else part(this, "tbody").replaceChildren();
  }

  /**
   * @param {Ports} ports
   * @param {InUse} use
   * @param {AbortSignal} signal
   */
  async #read({ announce, clock }, use, signal) {
    const known = this.#known.signal;
    const given = AbortSignal.any([signal, known]);
    try {
      this.#live ??= new (await liveOrders())(this, use, this.signal);
      const { version, words } = await this.#live.read(this.#user, { opened: this.#opened, read: this.#shown }, given);
      if (known.aborted) return;
      this.#shown = version;
      this.#tell("");
      if (words) announce("cart", words);
      clock.tell();
    } catch (refusal) {
      if (this.signal.aborted || known.aborted) return;
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#tell(`These orders could not be read again: ${refusal.message}`);
    }
  }

  /** @param {string} words  why what is shown is not what is; empty: it is */
  #tell(words) {
    const place = part(this, ".one-unheard");
    const again = part(place, ".again");
    if (!words && again.contains(document.activeElement)) part(this, ".one-orders").focus({ preventScroll: true });
    complain(place, words);
    show(again, words !== "");
  }

  /**
   * Show another page, or another part, of this cart.
   * @param {Ports} ports
   * @param {string} address
   * @param {{replace?: boolean}} [how]
   */
  async #visit(ports, address, how) {
    if (!this.#isDocked) {
      await ports.navigation.go(address, how);
      return;
    }
    try {
      const { fetchDetail } = await import("./fetched_detail.js");
      const fresh = await fetchDetail(address, this.signal);
      const focused = this.contains(document.activeElement) ? document.activeElement?.id : "";
      this.replaceWith(fresh);
      fresh.start(ports);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      ports.clock.tell();
    } catch (refusal) {
      if (this.signal.aborted) return;
      if (!(refusal instanceof Refusal)) throw refusal;
      this.#tell(refusal.message);
    }
  }

  /**
   * @param {Ports} ports
   * @param {MouseEvent} event
   */
  #click(ports, event) {
    const target = /** @type {Element} */ (event.target);
    const action = target.closest("[data-action]")?.getAttribute("data-action");
    if (action === "copy") this.#copy(ports);
    if (action === "pin") {
      this.#pins.toggle(this.#user);
      this.#showPin();
    }
    const link = target.closest("a[data-page], a[data-show], .orders-sort, [data-empty=orders] a");
    if (!(link instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
    } else if (this.#isDocked) {
      event.preventDefault();
      this.#visit(ports, link.pathname + link.search);
    }
  }

  /** @param {Ports} ports */
  async #copy({ announce }) {
    const button = part(this, '[data-action="copy"]');
    try {
      await navigator.clipboard.writeText(this.#user);
      setText(button, "Copied");
      announce("copied", "The id of the user is copied");
    } catch {
      // A page that came over a plain network may not: it is chosen, to be copied by hand.
      getSelection()?.selectAllChildren(part(this, ".one-title .foreign"));
      setText(button, "Chosen");
    }
  }

  #showPin() {
    part(this, '[data-action="pin"]').setAttribute("aria-pressed", String(this.#pins.has(this.#user)));
  }

  /**
   * @param {Ports} ports
   * @param {AbortSignal} signal
   */
  #listenToKeys({ keys }, signal) {
    for (const [at, show] of ["open", "waiting", "paid", "all"].entries()) {
      keys.on(`${at + 1}`, () => part(this, `a[data-show=${show}]`).click(), signal);
    }
    keys.on("/", (event) => {
      event.preventDefault();
      part(this, "#orders-search").focus();
    }, signal);
    keys.on("p", () => part(this, "[data-action=pin]").click(), signal);
    keys.on(" ", (event) => {
      const bar = part(this, ".pending");
      if (bar.hidden || event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      bar.click();
    }, signal);
  }
}

/** What is needed once the cart changes. @throws {Refusal} where the server does not give it */
async function liveOrders() {
  try {
    return (await import("./live_orders.js")).LiveOrders;
  } catch {
    throw new Refusal("unreachable", "The server did not answer.");
  }
}
