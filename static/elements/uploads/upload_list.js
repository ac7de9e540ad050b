import { act } from "../../paint/action.js";
import { trueText } from "../../paint/foreign.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { orderOf } from "./outcome.js";
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
      const order = orderOf(store).slice(0, most);
      list.paint(order, (key) => /** @type {Upload} */ (items.get(key)));
      show(part(this, '[data-empty="uploads"]'), order.length === 0);
      show(part(this, '[data-more="uploads"]'), total > order.length);
      for (const node of document.querySelectorAll(".uploads-total")) setText(node, number(total));
    };
    store.watch(({ uploads }) => {
      if (uploads) painter.ask(paint);
    }, signal);
    hearButtons(this, signal, ({ dataset: { action = "" } }, upload) => steer(action, upload, http, startOver));
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}

/**
 * The upload as the person sees it: a row of the server's is there, and can be acted on, before the first frame.
 * @param {HTMLElement} row
 */
export function seen(row) {
  return { id: row.dataset.upload ?? "", name: trueText(part(row, ".upload-name .foreign")) };
}

/**
 * Do what the buttons of the rows say, each once.
 * @param {HTMLElement} list
 * @param {AbortSignal} signal
 * @param {(button: HTMLElement, upload: {id: string, name: string}) => unknown} work
 */
export function hearButtons(list, signal, work) {
  list.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[data-action]");
    const row = button?.closest("[data-upload]");
    if (!(button instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
    act(event, button, row, () => work(button, seen(row)));
  }, { signal });
}

/**
 * Do what a button of an upload says.
 * @param {string} action
 * @param {{id: string, name: string}} upload
 * @param {Ports["http"]} http
 * @param {Ports["startOver"]} startOver
 * @returns {Promise<Upload> | void}
 */
export function steer(action, upload, http, startOver) {
  switch (action) {
    case "pause":
      return http.changeUpload(upload.id, { state: "paused" });
    case "go-on":
      return http.changeUpload(upload.id, { state: "running" });
    case "cancel":
      return http.changeUpload(upload.id, { state: "cancelled" });
    case "replay":
      return http.replayUpload(upload.id);
    case "start-over":
      return startOver(upload);
    default:
      throw new Error(`no such action: ${action}`);
  }
}
