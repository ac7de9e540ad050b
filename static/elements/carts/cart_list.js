import { addressOf, cartAddress, EVERYTHING, same } from "../../address.js";
import { PageElement } from "../../page_element.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number } from "../../paint/words.js";
import { SettledOrder } from "../../settled.js";
import { Room } from "./cart_row.js";
import { InUse } from "./in_use.js";
import { Pins } from "./pins.js";
import { RowFocus } from "./row_focus.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Cart} Cart */

/** Rows of a page. */
const PAGE = 50;
/** How often the server is told which carts are on screen that its window has not. */
const KEEP_MS = 1_000;

/**
 * The page of carts: values change at once, the order settles now and then, and what is in use holds still.
 */
export class CartList extends PageElement {
  #order = new SettledOrder(PAGE);
  #pins = new Pins();
  /** @type {Map<string, Cart>} what the rows on screen were last painted with */
  #last = new Map();
  /** @type {import("../../address.js").Window | null} the window that the list is of */
  #window = null;
  #timer = 0;
  #keepTimer = 0;
  #room = new Room();

  /** @override @param {Ports} ports */
  start(ports) {
    const { store, place, painter, keys } = ports;
    const { signal } = this;
    const rows = this.#rows;
    /** @type {KeyedList<Cart>} */
    const list = new KeyedList(rows, "cart", this.#room.rows());
    const focus = new RowFocus(rows, ".cart-user");
    const use = new InUse(rows, part(this, ".list-head"), () => this.#tend(ports, use, ask), signal);
    const paint = () => this.#paint(ports, list, focus);
    const ask = () => painter.ask(paint);
    this.#room.watch(rows, ask, signal);
    store.watch(({ carts, window, reset }) => {
      if (!carts) {
        ask();
        return;
      }
      const now = performance.now();
      const isOther = window && (this.#window === null || !same(this.#window, store.window));
      if (isOther || reset) {
        this.#window = store.window;
        this.#order.begin(store.carts.order, now);
      } else if (this.#window !== null) {
        this.#order.hear(store.carts.order, carts, now);
      }
      this.#tend(ports, use, ask);
    }, signal);
    for (const change of ["move", "stay", "hold", "look"]) {
      place.addEventListener(change, () => this.#tend(ports, use, ask), { signal });
    }
    const settle = () => {
      this.#order.settle(performance.now());
      this.#tend(ports, use, ask);
    };
    part(this, ".pending").addEventListener("click", () => {
      settle();
      focus.enter();
    }, { signal });
    this.addEventListener("click", (event) => this.#click(event, ports, ask), { signal });
    this.#listenToKeys(ports, focus, settle, ask, signal);
    keys.on("h", () => place.hold(!place.held), signal);
    this.#askToKeep(ports, []);
  }

  /** @override */
  disconnectedCallback() {
    clearTimeout(this.#timer);
    clearTimeout(this.#keepTimer);
    super.disconnectedCallback();
  }

  get #rows() {
    return part(this, ".carts-list");
  }

  /**
   * Settle where that is allowed, or come back when it is; and paint.
   * @param {Ports} ports
   * @param {InUse} use
   * @param {() => void} ask
   */
  #tend(ports, use, ask) {
    clearTimeout(this.#timer);
    const now = performance.now();
    const isStill = ports.place.held || use.now;
    if (!isStill) {
      this.#order.settleIfDue(now);
      if (this.#order.pending > 0) {
        this.#timer = setTimeout(() => this.#tend(ports, use, ask), Math.max(0, this.#order.dueAt - now) + 1);
      }
    }
    const missing = isStill ? this.#order.shown.filter((key) => !ports.store.carts.items.has(key)) : [];
    this.#askToKeep(ports, missing);
    ask();
  }

  /**
   * Ask the server to tell of carts that are on screen whatever its window holds.
   * @param {Ports} ports
   * @param {string[]} missing
   */
  #askToKeep({ place, connection }, missing) {
    const beside = place.cart === null ? [] : [place.cart];
    const wanted = [...new Set([...this.#pins.users, ...beside, ...missing])];
    const isKnown = wanted.every((user) => place.keep.includes(user));
    if (isKnown && (wanted.length > 0 || place.keep.length === 0)) return;
    if (this.#keepTimer) return;
    this.#keepTimer = setTimeout(() => {
      this.#keepTimer = 0;
      place.keep = wanted;
      connection.ask();
    }, place.keep.length === 0 && missing.length === 0 ? 0 : KEEP_MS);
  }

  /**
   * @param {Ports} ports
   * @param {KeyedList<Cart>} list
   * @param {RowFocus} focus
   */
  #paint({ store, place, screen }, list, focus) {
    if (this.#window === null) return;
    const itemOf = (/** @type {string} */ key) =>
      store.carts.items.get(key) ?? store.kept.items.get(key) ?? this.#last.get(key);
    const pinned = this.#pins.users.filter((user) => itemOf(user) !== undefined);
    // What came and went between two paintings is nowhere any more.
    const rest = this.#order.shown.filter((key) => !this.#pins.has(key) && itemOf(key) !== undefined);
    const shown = [...pinned, ...rest];
    const carts = new Map(shown.map((key) => [key, /** @type {Cart} */ (itemOf(key))]));
    screen.painted([...carts.values()].filter((cart) => cart !== this.#last.get(cart.user_id)));
    this.#last = carts;
    list.paint(shown, (key) => /** @type {Cart} */ (carts.get(key)));
    for (const row of /** @type {Iterable<HTMLElement>} */ (this.#rows.children)) {
      const isPinned = this.#pins.has(row.dataset.cart ?? "");
      row.toggleAttribute("data-pinned", isPinned);
      setAttribute(part(row, ".cart-pin"), "aria-pressed", String(isPinned));
    }
    const held = part(this, '[data-empty="first"]').contains(document.activeElement);
    this.#paintAround(store, place, shown.length);
    focus.keep();
    if (held && shown.length > 0) focus.enter();
  }

  /**
   * @param {Ports["store"]} store
   * @param {Ports["place"]} place
   * @param {number} rows
   */
  #paintAround({ carts, uploads, next, stats, window }, place, rows) {
    const none = rows === 0;
    const narrow = Boolean(window.search || window.filter !== EVERYTHING.filter || window.cursor);
    const narrowed = narrow && (stats.carts ?? 0) > 0;
    const busy = !same(window, place.window);
    setAttribute(this, "aria-busy", String(busy));
    const why = busy ? "loading" : narrowed ? (window.search ? "sought" : "narrowed") : uploads.order.length > 0 ? "waiting" : "first";
    for (const words of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-empty]"))) {
      show(words, none && words.dataset.empty === why);
    }
    show(part(this, ".columns"), !none);
    for (const total of this.querySelectorAll(".carts-total")) setText(total, number(carts.total));
    const { before } = place;
    const from = window.cursor ? before.length * PAGE + 1 : 1;
    const isPlaced = rows > 0 && (!window.cursor || before[0] === null);
    setText(part(this, ".carts-range"), isPlaced ? `${number(from)}–${number(from + carts.order.length - 1)} of ` : "");
    this.#link("back", window.cursor ? { ...window, cursor: before.at(-1) ?? null } : null);
    this.#link("next", next ? { ...window, cursor: next } : null);
    const { pending, tooFast } = this.#order;
    const bar = part(this, ".pending");
    setAttribute(bar, "data-pending", pending);
    const isTooFast = tooFast && !place.held;
    setText(part(bar, ".pending-words"), pendingWords(pending, isTooFast));
    show(bar, pending > 0 || isTooFast);
  }

  /**
   * @param {string} name
   * @param {import("../../address.js").Window | null} window  null: there is no such page
   */
  #link(name, window) {
    const link = part(this, `[data-page="${name}"]`);
    if (window === null) setAttribute(link, "aria-disabled", "true");
    else {
      link.removeAttribute("aria-disabled");
      setAttribute(link, "href", addressOf(window));
    }
  }

  /**
   * @param {MouseEvent} event
   * @param {Ports} ports
   * @param {() => void} ask
   */
  #click(event, ports, ask) {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const target = /** @type {Element} */ (event.target);
    const pin = target.closest('[data-action="pin"]');
    if (pin) {
      this.#pin(/** @type {HTMLElement} */ (pin.closest("[data-cart]")), ports, ask);
      return;
    }
    const link = target.closest("a[data-page], a[data-action=everything]");
    if (!link) {
      const row = target.closest("a, button") ? null : target.closest("[data-cart]");
      if (row instanceof HTMLElement && getSelection()?.type !== "Range") ports.place.look(row.dataset.cart ?? null);
      return;
    }
    event.preventDefault();
    if (link.getAttribute("data-page")) this.#page(link, ports.place);
    else ports.place.go(EVERYTHING);
  }

  /**
   * @param {Element} link
   * @param {Ports["place"]} place
   */
  #page(link, place) {
    if (link.getAttribute("aria-disabled") === "true") return;
    const cursor = new URL(/** @type {HTMLAnchorElement} */ (link).href).searchParams.get("cursor");
    const { before, window } = place;
    const isNext = link.getAttribute("data-page") === "next";
    place.go({ cursor }, { before: isNext ? [...before, window.cursor] : before.slice(0, -1) });
    this.closest("section")?.scrollIntoView({ block: "start" });
  }

  /**
   * @param {HTMLElement} row
   * @param {Ports} ports
   * @param {() => void} ask
   */
  #pin(row, ports, ask) {
    this.#pins.toggle(row.dataset.cart ?? "");
    this.#askToKeep(ports, []);
    ask();
  }

  /**
   * @param {Ports} ports
   * @param {RowFocus} focus
   * @param {() => void} settle
   * @param {() => void} ask
   * @param {AbortSignal} signal
   */
  #listenToKeys(ports, focus, settle, ask, signal) {
    const { keys, place, navigation } = ports;
    keys.on(" ", (event) => {
      if (this.#order.pending === 0 || event.target instanceof HTMLButtonElement) return;
      event.preventDefault();
      settle();
    }, signal);
    for (const [key, step] of /** @type {const} */ ([["j", 1], ["k", -1]])) keys.on(key, () => focus.move(step), signal);
    this.#rows.addEventListener("keydown", (event) => {
      const row = event.target instanceof Element ? event.target.closest("a.cart-user")?.closest("[data-cart]") : null;
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !(row instanceof HTMLElement)) return;
      event.preventDefault();
      place.look(row.dataset.cart ?? null);
    }, { signal });
    keys.on("p", () => {
      const row = focus.row;
      if (row) this.#pin(row, ports, ask);
    }, signal);
    keys.on("o", () => {
      const user = focus.row?.dataset.cart;
      if (user !== undefined) navigation.go(cartAddress(user));
    }, signal);
  }
}

/**
 * @param {number} pending
 * @param {boolean} tooFast
 */
function pendingWords(pending, tooFast) {
  const words = [pending > 0 && `${count(pending, "change")} – show`, tooFast && "too fast to follow: settling every 5 s"];
  return words.filter(Boolean).join(" · ");
}
