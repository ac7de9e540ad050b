import { setForeign, visible } from "../../paint/foreign.js";
import { part, setAttribute, setText } from "../../paint/patch.js";

/** One file on its way to the server. */
export class SendingRow {
  /** @param {HTMLElement} element  a `_sending.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {import("./sender.js").Sending} sending */
  update({ key, file, share, life, check }) {
    const row = this.element;
    const done = Math.floor(share * 100);
    setAttribute(row, "data-sending", key);
    setForeign(part(row, ".sending-name .foreign"), file.name);
    setText(part(row, ".sending-words"), words(life !== null, done, check));
    setAttribute(part(row, "[role=progressbar]"), "aria-valuenow", done);
    setAttribute(part(row, "[role=progressbar]"), "aria-label", `Received of ${visible(file.name)}`);
    setAttribute(part(row, ".bar-done"), "width", done);
    setAttribute(part(row, '[data-action="stop"]'), "aria-label", `Stop sending ${visible(file.name)}`);
  }
}

/**
 * @param {boolean} begun
 * @param {number} done  percent
 * @param {boolean} check
 */
function words(begun, done, check) {
  if (!begun) return "waits";
  if (done === 100) return check ? "being checked" : "being kept";
  return `${check ? "to check, " : ""}received ${done} %`;
}
