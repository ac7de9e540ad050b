import { ROOT } from "../../address.js";
import * as api from "../../api/files.js";
import { Reading } from "../../api/reading.js";
import { setTime } from "../../paint/clock.js";
import { fresh, part, setText, show } from "../../paint/patch.js";
import { reasonWords } from "../../paint/record_words.js";
import { number } from "../../paint/words.js";

/** @typedef {import("../../store.js").Upload} Upload */

/**
 * Keep what there is to know of one upload, and why records of it were skipped, as its list tells.
 * @param {import("../../page_element.js").PageElement} list
 * @param {import("../../ports.js").Ports} ports
 */
export const begin = (list, ports) => new FileFacts(part(document, "file-facts"), list, ports);

class FileFacts {
  #place;
  #skipped = -1;

  /**
   * @param {HTMLElement} place
   * @param {import("../../page_element.js").PageElement} list
   * @param {import("../../ports.js").Ports} ports
   */
  constructor(place, list, { connection }) {
    this.#place = place;
    const { signal } = list;
    const id = place.dataset.file ?? "";
    const reading = new Reading({
      ask: (until) => api.skippedOf(id, until),
      take: ({ by_reason }) => this.#count(by_reason),
      tell: () => {}, // the header says that the server is not heard
      pause: () => null,
      connection,
      signal,
    });
    list.addEventListener("told", (event) => {
      const upload = /** @type {CustomEvent<Upload>} */ (event).detail;
      this.#tell(upload);
      if (upload.skipped === this.#skipped) return;
      this.#skipped = upload.skipped;
      reading.soon();
    }, { signal });
  }

  /** @param {Upload} upload */
  #tell({ lines, accepted, duplicates, skipped, blank, finished_at: finished, looks_like: what }) {
    const facts = { lines, accepted, duplicates, skipped, blank };
    for (const [name, value] of Object.entries(facts)) setText(part(this.#place, `[data-fact="${name}"]`), number(value));
    setTime(part(this.#place, '[data-fact="finished"] time'), finished ?? "");
    show(part(this.#place, '[data-fact="finished"]'), Boolean(finished));
    setText(part(this.#place, '[data-fact="looks"]'), what ?? "JSON Lines, as far as its first bytes tell");
  }

  /** @param {Record<string, number>} byReason */
  #count(byReason) {
    const list = part(this.#place, ".file-reasons");
    const id = encodeURIComponent(this.#place.dataset.file ?? "");
    const ordered = Object.entries(byReason).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const known = new Map([.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-reason]"))]
      .map((item) => [item.dataset.reason, item]));
    for (const [reason, count] of ordered) {
      const item = known.get(reason) ?? reasonItem(reason, `${ROOT}/skipped?upload=${id}&reason=${reason}`);
      setText(part(item, ".file-reason-count"), number(count));
      if (!item.isConnected) list.append(item);
    }
    show(part(this.#place, ".file-why"), ordered.length > 0);
  }
}

/**
 * @param {string} reason
 * @param {string} address  of the records that were skipped for it
 */
function reasonItem(reason, address) {
  const item = fresh("reason");
  item.dataset.reason = reason;
  const link = /** @type {HTMLAnchorElement} */ (part(item, "a"));
  link.href = address;
  link.title = reason;
  setText(part(item, ".file-reason-word"), reasonWords(reason));
  return item;
}
