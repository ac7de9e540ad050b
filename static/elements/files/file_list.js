import * as api from "../../api/files.js";
import { Reading } from "../../api/reading.js";
import { changeUpload } from "../../api/uploads.js";
import { tell } from "../../paint/action.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { hasEnded, orderOf } from "../uploads/outcome.js";
import { steer } from "../uploads/steer.js";
import { hearButtons, seen } from "../uploads/upload_list.js";
import { FileRow } from "./file_row.js";

/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Upload} Upload */

const TICK_MS = 1_000;

/**
 * Show uploads with all that can be done with each. The first page is what the store hears of; another one, or the page
 * of one upload, keeps its rows, and what the store does not tell of them is read; of each it fires `told`.
 * @param {PageElement} place
 * @param {Ports} ports
 */
export const begin = (place, ports) => new FileList(place, ports);

class FileList {
  #place;
  /** @type {Map<string, Upload>} what is known beside the store */
  #known = new Map();
  /** @type {KeyedList<Upload>} */
  #list;

  /**
   * @param {PageElement} place
   * @param {Ports} ports
   */
  constructor(place, ports) {
    const { store, painter, connection } = ports;
    const { signal } = place;
    this.#place = place;
    const list = (this.#list = new KeyedList(part(place, ".uploads-list"), "upload", FileRow));
    const fixed = place.hasAttribute("data-fixed") ? [...list.keys()] : null;
    const itemOf = (/** @type {string} */ key) => store.uploads.items.get(key) ?? this.#known.get(key);
    const paint = () => {
      const { order, total } = store.uploads;
      const keys = fixed ?? orderOf(store);
      if (!keys.every(itemOf)) return; // of those that the server has rendered, the reading comes
      list.paint(keys, (key) => /** @type {Upload} */ (itemOf(key)));
      if (fixed) {
        for (const key of keys) place.dispatchEvent(new CustomEvent("told", { detail: itemOf(key) }));
        return;
      }
      show(part(place, '[data-empty="uploads"]'), order.length === 0);
      show(part(place, '[data-more="uploads"]'), total > order.length);
      for (const node of document.querySelectorAll(".uploads-total")) setText(node, number(total));
    };
    const ask = () => painter.ask(paint);
    const isUnheard = (/** @type {string} */ key) => !store.uploads.items.has(key);
    const reading = fixed && new Reading({
      // What the frames tell of need not be read.
      ask: async (until) => (store.ready && fixed.some(isUnheard) ? this.#read(fixed, until) : []),
      take: (items) => {
        for (const item of items) this.#known.set(String(item.id), item);
        ask();
      },
      tell: () => {}, // the header says that the server is not heard
      pause: () => (fixed.some((key) => isUnheard(key) && !isThrough(this.#known.get(key))) ? TICK_MS : null),
      connection,
      signal,
    });
    store.watch(({ uploads, window }) => {
      if (uploads) ask();
      if (window) reading?.soon();
    }, signal);
    const timer = setInterval(() => {
      for (const row of this.#fileRows()) row.tick();
    }, TICK_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    reading?.soon();
    if (store.ready) ask();
    this.#listen(ports, (upload) => {
      this.#known.set(String(upload.id), upload);
      if (!fixed) return;
      ask();
      reading?.soon();
    });
  }

  /**
   * @param {readonly string[]} keys
   * @param {AbortSignal} until
   */
  async #read(keys, until) {
    const { cursor } = this.#place.dataset;
    if (!cursor) return Promise.all(keys.map((key) => api.upload(key, until)));
    return (await api.uploads(cursor, keys.length, until)).items;
  }

  /**
   * @param {Ports} ports
   * @param {(upload: Upload) => void} heard  of an upload that was changed
   */
  #listen({ startOver }, heard) {
    const { signal } = this.#place;
    hearButtons(this.#place, signal, async ({ dataset: { action = "", lines } }, upload) => {
      const changed = await (action === "step" ? api.step(upload.id, Number(lines)) : steer(action, upload, startOver));
      if (changed && String(changed.id) === upload.id) heard(changed);
    });
    this.#place.addEventListener("change", ({ target }) => {
      const row = /** @type {HTMLElement} */ (target).closest("[data-upload]");
      if (row instanceof HTMLElement && target instanceof HTMLInputElement) this.#pace(row, target, heard);
    }, { signal });
  }

  /**
   * Ask for the pace that was chosen, and once that is answered for the one that was chosen since.
   * @param {HTMLElement} row
   * @param {HTMLInputElement} choice
   * @param {(upload: Upload) => void} heard
   */
  async #pace(row, choice, heard) {
    const pace = part(row, ".upload-pace");
    if (pace.hasAttribute("aria-busy")) return;
    pace.setAttribute("aria-busy", "true");
    let asked = "";
    let now = choice.value;
    /** @type {Upload | null} */
    let changed = null;
    await tell(row, async () => {
      do {
        asked = now;
        changed = await changeUpload(seen(row).id, { rate: asked === "" ? null : Number(asked) });
        heard(changed);
        now = /** @type {HTMLInputElement} */ (part(pace, "input:checked")).value;
      } while (now !== asked);
    });
    pace.removeAttribute("aria-busy");
    for (const each of this.#fileRows()) if (each.element === row) each.settle(now === asked ? changed : null);
  }

  #fileRows() {
    return /** @type {FileRow[]} */ ([...this.#list.rows()]);
  }
}

/** @param {Upload | undefined} upload */
const isThrough = (upload) => upload !== undefined && hasEnded(upload);
