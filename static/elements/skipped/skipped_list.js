import { act } from "../../paint/action.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number, reasons } from "../../paint/words.js";
import { SkippedRow } from "./skipped_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Skipped} Skipped */

/** The most records on screen, older ones included; past them there is the download. */
const MOST = 500;

/** The skipped records: the newest live, older ones on demand. */
export class SkippedList extends HTMLElement {
  #life = new AbortController();
  /** @type {Map<string, Skipped>} what was shown before it left the live list; empty until older ones are asked for */
  #older = new Map();
  #open = false;
  /** @type {string | null} where the next older page begins; null before the first */
  #cursor = null;

  /** @param {Ports} ports */
  start({ store, painter, http }) {
    const { signal } = this.#life;
    /** @type {KeyedList<Skipped>} */
    const list = new KeyedList(part(this, ".skipped-items"), "skipped", SkippedRow);
    const paint = () => this.#paint(store, list);
    store.watch(({ reset, skipped }) => {
      if (reset) this.#close();
      if (!skipped) return;
      if (this.#open) this.#keep(store.skipped.items.values());
      painter.ask(paint);
    }, signal);
    const older = part(this, '[data-action="older"]');
    const work = async () => {
      await this.#fetch(store, http);
      painter.ask(paint);
    };
    older.addEventListener("click", (event) => act(event, older, this, work), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  #close() {
    this.#older.clear();
    this.#open = false;
    this.#cursor = null;
  }

  /**
   * Take the next page of older records in; the first page may hold only what is live already.
   * @param {Ports["store"]} store
   * @param {Ports["http"]} http
   */
  async #fetch(store, http) {
    const { generation } = store;
    this.#keep(store.skipped.items.values());
    const before = this.#older.size;
    do {
      const page = await http.skipped(this.#cursor);
      if (store.generation !== generation) return;
      this.#open = true;
      this.#keep(page.items);
      this.#cursor = page.next;
    } while (this.#cursor && this.#older.size === before);
  }

  /** @param {Iterable<Skipped>} records */
  #keep(records) {
    for (const record of records) this.#older.set(String(record.id), record);
    const surplus = this.#older.size - MOST;
    if (surplus <= 0) return;
    for (const key of newestFirst(this.#older).slice(-surplus)) this.#older.delete(key);
  }

  /**
   * @param {Ports["store"]} store
   * @param {KeyedList<Skipped>} list
   */
  #paint({ skipped: { order, items, total }, byReason }, list) {
    const live = new Set(order);
    const older = this.#open ? newestFirst(this.#older).filter((key) => !live.has(key)) : [];
    const shown = [...order, ...older].slice(0, MOST);
    list.paint(shown, (key) => /** @type {Skipped} */ (items.get(key) ?? this.#older.get(key)));
    for (const node of document.querySelectorAll(".skipped-total")) setText(node, number(total));
    setText(part(this, ".reasons"), reasons(byReason));
    show(part(this, ".reasons"), total > 0);
    show(part(this, '[data-empty="skipped"]'), shown.length === 0);
    const full = shown.length >= MOST;
    show(part(this, ".skipped-end"), total > shown.length);
    show(part(this, '[data-action="older"]'), !full);
    show(part(this, ".skipped-full"), full);
    setText(part(this, ".skipped-shown"), number(shown.length));
  }
}

/** @param {Map<string, Skipped>} records */
function newestFirst(records) {
  return [...records].sort(([, a], [, b]) => (a.id < b.id ? 1 : -1)).map(([key]) => key);
}
