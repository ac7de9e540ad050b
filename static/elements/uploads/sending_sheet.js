import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, show } from "../../paint/patch.js";
import { count } from "../../paint/words.js";
import { stop } from "./send.js";
import { SendingRow } from "./sending_row.js";

/** @typedef {import("./sender.js").Sending} Sending */

/** As many complaints as are told in full; the rest are counted. */
const MOST_COMPLAINTS = 5;

/**
 * Show the files that are on their way, each with how far it got and what stops it, and what was refused.
 * @param {import("./upload_form.js").UploadForm} form
 * @param {import("../../ports.js").Ports} ports
 */
export function showSending(form, { sender, painter }) {
  const { signal } = form;
  /** @type {KeyedList<Sending>} */
  const list = new KeyedList(part(form, ".sending-list"), "sending", SendingRow);
  const sheet = part(form, ".sending");
  const paint = () => {
    const queue = new Map(sender.queue.map((each) => [each.key, each]));
    const held = sheet.contains(document.activeElement);
    list.paint([...queue.keys()], (key) => /** @type {Sending} */ (queue.get(key)));
    show(sheet, queue.size > 0);
    if (held && queue.size === 0) focusChoice();
    complain(form, toldOf(sender.complaints));
  };
  sender.addEventListener("change", () => painter.ask(paint), { signal });
  form.addEventListener("click", (event) => {
    const control = /** @type {Element} */ (event.target).closest("button");
    const row = control?.closest("[data-sending]");
    if (row instanceof HTMLElement) stop(row.dataset.sending ?? "", sender);
    if (!control?.closest(".error")) return;
    sender.complaints = [];
    sender.tell();
    focusChoice();
    event.stopPropagation();
  }, { signal });
  paint();
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
