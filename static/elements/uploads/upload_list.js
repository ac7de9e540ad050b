import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { UploadRow } from "./upload_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Upload} Upload */

/** The newest uploads and what can be done with each. */
export class UploadList extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ store, painter, http, startOver }) {
    const { signal } = this.#life;
    /** @type {KeyedList<Upload>} */
    const list = new KeyedList(part(this, ".uploads-list"), "upload", UploadRow);
    const paint = () => {
      const { order, items, total } = store.uploads;
      list.paint(order, (key) => /** @type {Upload} */ (items.get(key)));
      show(part(this, '[data-empty="uploads"]'), order.length === 0);
      show(part(this, '[data-more="uploads"]'), total > order.length);
      setText(part(this, ".uploads-shown"), number(order.length));
      for (const node of document.querySelectorAll(".uploads-total")) setText(node, number(total));
    };
    store.watch(({ uploads }) => {
      if (uploads) painter.ask(paint);
    }, signal);
    const act = async (/** @type {Event} */ event) => {
      const control = /** @type {Element} */ (event.target).closest("[data-action]");
      const row = control?.closest("[data-upload]");
      if (!(control instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
      if ((control instanceof HTMLSelectElement) !== (event.type === "change")) return;
      complain(row, "");
      try {
        await run(control, seen(row), http, startOver);
      } catch (refusal) {
        complain(row, /** @type {Error} */ (refusal).message);
      }
    };
    this.addEventListener("click", act, { signal });
    this.addEventListener("change", act, { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}

/**
 * The upload as the person sees it: a row of the server's is there, and can be acted on, before the first frame.
 * @param {HTMLElement} row
 */
function seen(row) {
  const { upload: id = "", state = "" } = row.dataset;
  return { id, state, name: part(row, ".upload-name").textContent ?? "" };
}

/** @typedef {ReturnType<typeof seen>} Seen */

/**
 * @param {HTMLElement} control
 * @param {Seen} upload
 * @param {Ports["http"]} http
 * @param {(upload: Seen) => void} startOver
 */
function run(control, upload, http, startOver) {
  switch (control.dataset.action) {
    case "toggle":
      return http.changeUpload(upload.id, { state: upload.state === "paused" ? "running" : "paused" });
    case "cancel":
      return http.changeUpload(upload.id, { state: "cancelled" });
    case "pace": {
      const { value } = /** @type {HTMLSelectElement} */ (control);
      return http.changeUpload(upload.id, { rate: value === "" ? null : Number(value) });
    }
    case "replay":
      return http.replayUpload(upload.id);
    case "start-over":
      return startOver(upload);
    default:
      throw new Error(`no such action: ${control.dataset.action}`);
  }
}
