import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, show } from "../../paint/patch.js";
import { count } from "../../paint/words.js";
import { filesOf, holdsFiles } from "./chosen_files.js";
import { SendingRow } from "./sending_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("./sender.js").Sending} Sending */

/** As many complaints as are told in full; the rest are counted. */
const MOST_COMPLAINTS = 5;

/**
 * The file input, and the drop of files anywhere on the page; beside every view, what is being sent and what was
 * refused.
 */
export class UploadForm extends HTMLElement {
  #life = new AbortController();
  #depth = 0;

  /** @param {Ports} ports */
  start({ sender, painter }) {
    const { signal } = this.#life;
    const input = /** @type {HTMLInputElement} */ (part(this, "input[type=file]"));
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      sender.take({ files });
    }, { signal });
    /** @type {KeyedList<Sending>} */
    const list = new KeyedList(part(this, ".sending-list"), "sending", SendingRow);
    const sheet = part(this, ".sending");
    const paint = () => {
      const { queue, complaints } = sender;
      const byKey = new Map(queue.map((each) => [each.key, each]));
      const held = sheet.contains(document.activeElement);
      list.paint([...byKey.keys()], (key) => /** @type {Sending} */ (byKey.get(key)));
      show(sheet, queue.length > 0);
      if (held && queue.length === 0) focusChoice();
      complain(this, toldOf(complaints));
    };
    sender.addEventListener("change", () => painter.ask(paint), { signal });
    this.addEventListener("click", (event) => {
      const control = /** @type {Element} */ (event.target).closest("button");
      const row = control?.closest("[data-sending]");
      if (row instanceof HTMLElement) sender.stop(row.dataset.sending ?? "");
      if (!control?.closest(".error")) return;
      sender.forgive();
      focusChoice();
      event.stopPropagation();
    }, { signal });
    this.#watchDrops(sender, signal);
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /**
   * @param {Ports["sender"]} sender
   * @param {AbortSignal} signal
   */
  #watchDrops(sender, signal) {
    const over = (/** @type {number} */ depth) => {
      this.#depth = Math.max(0, depth);
      document.body.toggleAttribute("data-dropping", this.#depth > 0);
    };
    document.addEventListener("dragenter", (event) => {
      if (holdsFiles(event)) over(this.#depth + 1);
    }, { signal });
    document.addEventListener("dragleave", (event) => {
      if (holdsFiles(event)) over(this.#depth - 1);
    }, { signal });
    document.addEventListener("dragover", (event) => {
      if (holdsFiles(event)) event.preventDefault();
    }, { signal });
    document.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over(0);
      sender.take(filesOf(/** @type {DataTransfer} */ (event.dataTransfer)));
    }, { signal });
  }
}

/** What the keyboard was on is gone: it goes on where files are chosen, or at the view. */
function focusChoice() {
  /** @type {NodeListOf<HTMLElement>} */
  const choices = document.querySelectorAll('#view [data-action="choose"], #view');
  [...choices].toReversed().find((each) => each.checkVisibility())?.focus({ preventScroll: true });
}

/** @param {readonly string[]} complaints */
function toldOf(complaints) {
  const told = complaints.slice(0, MOST_COMPLAINTS);
  const rest = complaints.length - told.length;
  return [...told, ...(rest > 0 ? [`Not taken in either: ${count(rest, "more file")}.`] : [])].join("\n");
}
