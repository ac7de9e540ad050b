import { act, tell } from "../../paint/action.js";
import { trueText } from "../../paint/foreign.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { UploadRow } from "./upload_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Upload} Upload */

/** The uploads that matter now, and what can be done with each. */
export class UploadList extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ store, painter, http, startOver }) {
    const { signal } = this.#life;
    const most = Number(this.dataset.most);
    /** @type {KeyedList<Upload>} */
    const list = new KeyedList(part(this, ".uploads-list"), "upload", UploadRow);
    const paint = () => {
      const { items, total } = store.uploads;
      const order = store.uploads.order.slice(0, most);
      list.paint(order, (key) => /** @type {Upload} */ (items.get(key)));
      show(part(this, '[data-empty="uploads"]'), order.length === 0);
      show(part(this, '[data-more="uploads"]'), total > order.length);
      for (const node of document.querySelectorAll(".uploads-total")) setText(node, number(total));
    };
    store.watch(({ uploads }) => {
      if (uploads) painter.ask(paint);
    }, signal);
    const hear = (/** @type {Event} */ event) => {
      const control = /** @type {Element} */ (event.target).closest("[data-action]");
      const row = control?.closest("[data-upload]");
      if (!(control instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
      const work = () => run(control, seen(row), http, startOver);
      if (event.type === "change") tell(row, work);
      else if (control instanceof HTMLButtonElement) act(/** @type {MouseEvent} */ (event), control, row, work);
    };
    this.addEventListener("click", hear, { signal });
    this.addEventListener("change", hear, { signal });
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
  return { id, state, name: trueText(part(row, ".upload-name .foreign")) };
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
