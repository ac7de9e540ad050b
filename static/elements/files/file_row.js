import { paceWords } from "../../paint/measures.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { rate as rateWords } from "../../paint/words.js";
import { hasEnded } from "../uploads/outcome.js";
import { Speed, leftWords } from "../uploads/speed.js";
import { UploadRow } from "../uploads/upload_row.js";

/** @typedef {import("../../store.js").Upload} Upload */

/** One upload in the views of files: with its speed, its pace and its steps. */
export class FileRow extends UploadRow {
  #speed = new Speed();
  #left = 0;
  /** @type {Upload | null} */
  #last = null;

  /**
   * @override
   * @param {Upload} upload
   */
  update(upload) {
    this.#last = upload;
    this.#left = (upload.lines ?? 0) - upload.processed;
    this.#speed.hear(upload, performance.now());
    super.update(upload);
    this.tick();
  }

  /**
   * Show the pace in force again, once another one was asked for.
   * @param {Upload | null} [answered]  null: it was refused
   */
  settle(answered) {
    const upload = answered ?? this.#last;
    if (upload) this.offer(upload);
  }

  /** Tell how fast it goes, and how long it takes. */
  tick() {
    const now = performance.now();
    const rate = this.#speed.rate(now);
    const left = this.#speed.left(this.#left, now);
    setText(part(this.element, ".upload-rate"), rate === null ? "" : `${rateWords(rate)}/s`);
    setText(part(this.element, ".upload-left"), left === null ? "" : leftWords(left));
  }

  /**
   * @override
   * @param {Upload} upload
   */
  offerMore(upload) {
    const row = this.element;
    const pace = /** @type {HTMLElement | null} */ (row.querySelector(".upload-pace"));
    if (!pace) return; // who may only read chooses none
    show(pace, !hasEnded(upload));
    show(part(row, ".upload-steps"), upload.state === "paused");
    this.#choose(pace, upload.rate);
  }

  /**
   * Show the pace in force; one that is none of the usual has a place of its own.
   * @param {HTMLElement} pace  where it is chosen
   * @param {number | null} rate
   */
  #choose(pace, rate) {
    if (pace.hasAttribute("aria-busy")) return; // another one is being asked for
    const value = rate === null ? "" : String(rate);
    const choices = /** @type {HTMLInputElement[]} */ ([...pace.querySelectorAll("input")]);
    for (const choice of choices) setAttribute(choice, "name", `pace-${this.element.dataset.upload}`);
    const [odd, ...usual] = choices;
    const chosen = usual.find((choice) => choice.value === value) ?? /** @type {HTMLInputElement} */ (odd);
    const label = /** @type {HTMLElement} */ (odd?.parentElement);
    if (chosen === odd) {
      setAttribute(odd, "value", value);
      setAttribute(odd, "title", paceWords(rate));
      setText(part(label, ".segment-word"), value);
      show(label, true);
    } else if (!label.contains(document.activeElement)) {
      show(label, false);
    }
    if (!chosen.checked) chosen.checked = true;
  }
}
