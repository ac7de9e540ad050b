import { ROOT } from "../../address.js";
import { setForeign, visible } from "../../paint/foreign.js";
import { complain, part, setAttribute, setText, show } from "../../paint/patch.js";
import { setTime } from "../../paint/clock.js";
import { count, number, percent } from "../../paint/words.js";
import { hasEnded, isAlarming, stateTime, stateWord, whyOf } from "./outcome.js";

/** @typedef {import("../../store.js").Upload} Upload */

/** One upload on screen. */
export class UploadRow {
  /** @type {Upload | null} */
  #upload = null;

  /** @param {HTMLElement} element  a rendered `_upload.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {Upload} upload */
  update(upload) {
    if (upload === this.#upload) return;
    // What was refused of a state that is over is not true any more.
    if (this.#upload && this.#upload.state !== upload.state) complain(this.element, "");
    if (this.#upload?.name !== upload.name) this.name(visible(upload.name));
    this.#upload = upload;
    const row = this.element;
    setAttribute(row, "data-upload", String(upload.id));
    setAttribute(row, "data-state", upload.state);
    row.toggleAttribute("data-alarming", isAlarming(upload));
    setAttribute(part(row, ".upload-name a"), "href", `${ROOT}/files/${encodeURIComponent(String(upload.id))}`);
    setForeign(part(row, ".upload-name .foreign"), upload.name);
    this.#tell(upload);
    this.#count(upload);
    this.offer(upload);
  }

  /**
   * Name what can be done with it: one button is told from the next by the file that it is about.
   * @param {string} name
   */
  name(name) {
    setAttribute(part(this.element, ".upload-name a"), "title", name);
    setAttribute(part(this.element, "[role=progressbar]"), "aria-label", `Lines processed of ${name}`);
    for (const control of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-says]"))) {
      setAttribute(control, "aria-label", `${control.dataset.says} ${name}`);
    }
  }

  /**
   * Show the actions that make sense now.
   * @param {Upload} upload
   */
  offer(upload) {
    const row = this.element;
    const ended = hasEnded(upload);
    const known = upload.state === "done" && upload.accepted > 0 && upload.duplicates === upload.accepted;
    const focused = document.activeElement;
    this.offerMore(upload);
    const isPaused = upload.state === "paused";
    show(part(row, ".upload-known"), known);
    show(part(row, ".upload-examples"), isAlarming(upload) && upload.skipped > 0);
    /** @type {Record<string, boolean>} */
    const sense = { pause: !ended && !isPaused, "go-on": isPaused, cancel: !ended, replay: ended, "start-over": known };
    // Who may only read has none of these.
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll(".upload-actions > button"))) {
      show(button, sense[button.dataset.action ?? ""] ?? false);
    }
    // A button that went away under the keyboard hands the focus to the one that came.
    if (focused && row.contains(focused) && focused.closest("[hidden]")) {
      /** @type {HTMLElement | null} */ (row.querySelector(".upload-actions > button:not([hidden])"))?.focus({ preventScroll: true });
    }
  }

  /**
   * What a view offers beside that.
   * @param {Upload} _
   */
  offerMore(_) {}

  /** @param {Upload} upload */
  #tell(upload) {
    const row = this.element;
    setText(part(row, ".upload-word"), stateWord(upload));
    setTime(part(row, ".upload-when"), stateTime(upload));
    show(part(row, ".upload-when"), stateTime(upload) !== "");
    setText(part(row, ".upload-turn"), upload.queued_because ?? "");
    show(part(row, ".upload-turn"), upload.state === "queued");
    const why = whyOf(upload);
    setText(part(row, ".upload-why"), why);
    show(part(row, ".upload-why"), why !== "");
  }

  /** @param {Upload} upload */
  #count(upload) {
    const row = this.element;
    const { processed, lines, accepted, skipped, duplicates } = upload;
    setText(part(row, ".upload-processed"), number(processed));
    setText(part(row, ".upload-all"), count(lines, "line"));
    setText(part(row, ".upload-accepted"), number(accepted));
    setText(part(row, ".upload-skipped"), number(skipped));
    setText(part(row, ".upload-duplicates"), count(duplicates, "repeat"));
    for (const link of row.querySelectorAll(".upload-skips, .upload-examples")) {
      setAttribute(link, "href", `${ROOT}/skipped?upload=${encodeURIComponent(String(upload.id))}`);
    }
    show(part(row, ".upload-skips"), skipped > 0);
    show(part(row, ".upload-repeats"), duplicates > 0);
    const done = upload.state === "done" ? 100 : percent(processed, lines ?? 0);
    setAttribute(part(row, "[role=progressbar]"), "aria-valuenow", done);
    setAttribute(part(row, ".bar-done"), "width", done);
    setText(part(row, ".upload-percent"), `${done} %`);
  }
}
