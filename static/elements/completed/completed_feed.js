import { ROOT } from "../../address.js";
import { completed, MOST } from "../../api/completed.js";
import { Paced } from "../../api/paced.js";
import { Refusal } from "../../http.js";
import { PageElement } from "../../page_element.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number } from "../../paint/words.js";
import { InUse } from "../carts/in_use.js";
import { CompletedRow } from "./completed_row.js";

/** @typedef {import("../../api/completed.js").Completed} Completed */
/** @typedef {import("../../ports.js").Ports} Ports */

/** Rows of a page, and how many it grows to before the oldest leave it. */
const PAGE = 50;
const MOST_ROWS = 200;
/** An order stands in the feed once all before it do: as long as that may take, it is looked for. */
const COMING_MS = 5_000;
const NEWEST = `${ROOT}/completed`;

/** A page of the fulfilment feed; the newest one grows at its end, and nothing that is in use moves for it. */
export class CompletedFeed extends PageElement {
  /** The last `seq` that is known. */
  #last = 0;
  /** @type {string[]} the rows on screen */
  #shown = [];
  /** @type {Map<string, Completed>} what is known of them, but for those that are as the server rendered them */
  #orders = new Map();
  /** More came than is held back: the newest page is asked for instead. */
  #isFarBehind = false;
  #comingUntil = 0;

  /** @override @param {Ports} ports */
  start(ports) {
    const { connection, store, painter } = ports;
    const { signal } = this;
    const body = part(this, "tbody");
    /** @type {KeyedList<Completed | null>} */
    const list = new KeyedList(body, "completed", CompletedRow);
    this.#shown = [...list.keys()];
    this.#last = Number(this.#shown.at(-1) ?? this.dataset.after);
    const isNewest = part(this, "#feed-next").getAttribute("aria-disabled") === "true";
    const use = new InUse(this, part(this, ".one-head"), () => this.#tend(ports, list, use), signal);
    const reading = new Paced(async (given) => {
      await this.#read(ports, list, use, given);
      if (performance.now() < this.#comingUntil) reading.ask();
    }, signal);
    const total = () => setText(part(this, ".feed-total"), count(store.stats.paid ?? 0, "order"));
    let paid = Number(this.dataset.total);
    store.watch(({ stats, reset }) => {
      if (reset) ports.navigation.go(NEWEST, { replace: true });
      if (!stats || store.stats.paid === paid) return;
      paid = store.stats.paid ?? 0;
      painter.ask(total);
      this.#comingUntil = performance.now() + COMING_MS;
      if (isNewest) reading.ask();
    }, signal);
    connection.addEventListener("return", () => isNewest && reading.ask(), { signal });
    part(this, ".pending").addEventListener("click", () => {
      this.#settle(ports, list);
      body.focus({ preventScroll: true });
    }, { signal });
    part(this, '[data-action="again"]').addEventListener("click", () => reading.ask(), { signal });
    this.addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest("a[aria-disabled=true]");
      if (link) event.preventDefault();
    }, { signal });
  }

  /**
   * @param {Ports} ports
   * @param {KeyedList<Completed | null>} list
   * @param {InUse} use
   * @param {AbortSignal} signal
   */
  async #read(ports, list, use, signal) {
    const place = part(this, ".feed-unheard");
    const again = part(place, ".again");
    try {
      const { items } = await completed(this.#last, signal);
      complain(place, "");
      show(again, false);
      if (this.signal.aborted) return;
      this.#isFarBehind ||= items.length === MOST;
      this.#last = items.at(-1)?.seq ?? this.#last;
      for (const order of items) this.#orders.set(String(order.seq), order);
      this.#tend(ports, list, use);
    } catch (refusal) {
      if (this.signal.aborted) return;
      if (!(refusal instanceof Refusal)) throw refusal;
      complain(place, `What completed meanwhile could not be read: ${refusal.message}`);
      show(again, true);
    }
  }

  /**
   * Show what came where that is allowed; and else that it did.
   * @param {Ports} ports
   * @param {KeyedList<Completed | null>} list
   * @param {InUse} use
   */
  #tend(ports, list, use) {
    const many = this.#waiting.length;
    const isRoom = this.#shown.length + many <= MOST_ROWS && !this.#isFarBehind;
    if ((isRoom && many > 0) || (!use.now && (many > 0 || this.#isFarBehind))) {
      this.#settle(ports, list);
      return;
    }
    if (many > PAGE) this.#isFarBehind = true;
    for (const key of this.#waiting.slice(PAGE)) this.#orders.delete(key);
    const bar = part(this, ".pending");
    setAttribute(bar, "data-pending", many);
    setText(part(bar, ".pending-words"), `${number(many)}${this.#isFarBehind ? " or more" : ""} new – show`);
    show(bar, many > 0);
  }

  /** The rows that are held back. */
  get #waiting() {
    const shown = new Set(this.#shown);
    return [...this.#orders.keys()].filter((key) => !shown.has(key));
  }

  /**
   * @param {Ports} ports
   * @param {KeyedList<Completed | null>} list
   */
  #settle({ navigation, clock }, list) {
    if (this.#isFarBehind) {
      navigation.go(NEWEST, { replace: true });
      return;
    }
    const all = [...this.#shown, ...this.#waiting];
    this.#shown = all.length > MOST_ROWS ? all.slice(-PAGE) : all;
    const shown = new Set(this.#shown);
    this.#orders = new Map([...this.#orders].filter(([key]) => shown.has(key)));
    list.paint(this.#shown, (key) => this.#orders.get(key) ?? null);
    show(part(this, "table"), this.#shown.length > 0);
    show(part(this, '[data-empty="completed"]'), this.#shown.length === 0);
    setAttribute(part(this, ".pending"), "data-pending", 0);
    show(part(this, ".pending"), false);
    clock.tell();
  }
}
