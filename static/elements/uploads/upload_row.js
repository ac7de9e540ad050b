import { setForeign } from "../../paint/foreign.js";
import { complain, part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number, paceWords, percent, sentence } from "../../paint/words.js";

/** @typedef {import("../../store.js").Upload} Upload */

const ENDED = new Set(["done", "cancelled", "failed"]);

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
    this.#upload = upload;
    const row = this.element;
    setAttribute(row, "data-upload", String(upload.id));
    setAttribute(row, "data-state", upload.state);
    setForeign(part(row, ".upload-name .foreign"), upload.name);
    setText(part(row, ".upload-state"), upload.state);
    for (const name of /** @type {const} */ (["processed", "accepted", "skipped"])) {
      setText(part(row, `.upload-${name}`), number(upload[name]));
    }
    setText(part(row, ".upload-duplicates"), count(upload.duplicates, "repeat"));
    setText(part(row, ".upload-all"), count(upload.lines, "line"));
    setText(part(row, ".upload-turn"), upload.queued_because ?? "");
    show(part(row, ".upload-turn"), upload.state === "queued");
    const done = upload.state === "done" ? 100 : percent(upload.processed, upload.lines ?? 0);
    setAttribute(part(row, "[role=progressbar]"), "aria-valuenow", done);
    setAttribute(part(row, ".bar-done"), "width", done);
    const why = upload.error ?? upload.paused_because ?? outcome(upload);
    setText(part(row, ".upload-why"), why);
    show(part(row, ".upload-why"), why !== "");
    this.#offer(upload);
  }

  /**
   * Show the actions that make sense now.
   * @param {Upload} upload
   */
  #offer({ state, accepted, duplicates, rate }) {
    const row = this.element;
    const focused = document.activeElement;
    const ended = ENDED.has(state);
    const known = ended && accepted > 0 && duplicates === accepted;
    setText(part(row, '[data-action="toggle"]'), state === "paused" ? "Resume" : "Pause");
    show(part(row, ".upload-known"), known);
    for (const running of [".upload-pace", '[data-action="toggle"]', '[data-action="cancel"]']) {
      show(part(row, running), !ended);
    }
    show(part(row, '[data-action="replay"]'), ended);
    show(part(row, '[data-action="start-over"]'), known);
    const pace = /** @type {HTMLSelectElement} */ (part(row, '[data-action="pace"]'));
    if (pace !== focused) choosePace(pace, rate);
    // A button that went away under the keyboard hands the focus to the one that came.
    if (focused instanceof HTMLElement && row.contains(focused) && focused.closest("[hidden]")) {
      part(row, ".upload-actions > button:not([hidden])").focus({ preventScroll: true });
    }
  }
}

/**
 * What to say of an upload that ended with nothing accepted, or with less than its file promised.
 * @param {Upload} upload
 */
function outcome({ state, processed, accepted, skipped, looks_like: what }) {
  if (!ENDED.has(state) || processed === 0) return "";
  if (accepted === 0) return `Nothing in it was accepted${what ? `; ${what}` : ""}.`;
  return what && skipped > 0 ? sentence(what) : "";
}

/**
 * @param {HTMLSelectElement} select
 * @param {number | null} rate
 */
function choosePace(select, rate) {
  const value = rate === null ? "" : String(rate);
  if (![...select.options].some((option) => option.value === value)) {
    select.prepend(new Option(paceWords(rate), value));
  }
  if (select.value !== value) select.value = value;
}
