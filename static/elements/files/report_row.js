import { setForeign, visible } from "../../paint/foreign.js";
import { fresh, part, setAttribute, setText, show } from "../../paint/patch.js";
import { cutRaw, reasons, reasonWords } from "../../paint/record_words.js";
import { count, number, sentence } from "../../paint/words.js";

/** @typedef {import("../uploads/sender.js").Report} Report */

/** The outcome of one dry run. */
export class ReportRow {
  /** @param {HTMLElement} element  a rendered `_report.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {Report} report  which never changes */
  update({ key, file, outcome }) {
    const row = this.element;
    if (row.dataset.report === key) return;
    setAttribute(row, "data-report", key);
    setForeign(part(row, ".report-name .foreign"), file.name);
    const { accepted, skipped, lines, blank, users, orders, payments, by_reason, looks_like: what, examples } = outcome;
    const of = users === null ? "more than a million users" : count(users, "user");
    setText(part(row, ".report-lines"), [count(lines, "line"), ...(blank > 0 ? [`${number(blank)} blank`] : [])].join(", "));
    setText(part(row, ".report-accepted"), number(accepted));
    setText(part(row, ".report-skipped"), number(skipped));
    setText(part(row, ".report-reasons"), reasons(by_reason));
    setText(part(row, ".report-orders"), number(orders));
    setText(part(row, ".report-payments"), number(payments));
    setText(part(row, ".report-users"), of);
    setText(part(row, ".report-what"), what ? sentence(what) : "");
    show(part(row, ".report-what"), Boolean(what));
    for (const control of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-says]"))) {
      setAttribute(control, "aria-label", `${control.dataset.says} ${visible(file.name)}`);
    }
    show(part(row, '[data-action="take-in"]'), accepted > 0);
    show(part(row, "details"), examples.length > 0);
    setText(part(row, "summary"), examples.length < skipped ? `The first ${count(examples.length, "record")} that would be skipped` : "What would be skipped");
    part(row, "tbody").replaceChildren(...examples.map(exampleRow));
  }
}

/** @param {{line: number, reason: string, message: string, raw: string}} example */
function exampleRow({ line, reason, message, raw }) {
  const row = fresh("example");
  setText(part(row, ".example-line"), number(line));
  setText(part(row, ".example-reason"), reasonWords(reason));
  setAttribute(part(row, ".example-reason"), "title", `${reason}: ${message}`);
  setForeign(part(row, ".foreign"), cutRaw(raw));
  return row;
}
