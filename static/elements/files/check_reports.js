import { KeyedList } from "../../paint/keyed_list.js";
import { part, show } from "../../paint/patch.js";
import { ReportRow } from "./report_row.js";

/** @typedef {import("../uploads/sender.js").Report} Report */

/** What would come of the files that were only checked; of none anything was kept. */
export class CheckReports extends HTMLElement {
  #life = new AbortController();

  /** @param {import("../../ports.js").Ports} ports */
  start({ sender, painter }) {
    const { signal } = this.#life;
    /** @type {KeyedList<Report>} */
    const list = new KeyedList(part(this, ".reports"), "report", ReportRow);
    const paint = () => {
      const reports = new Map(sender.reports.map((each) => [each.key, each]));
      const held = this.contains(document.activeElement);
      list.paint([...reports.keys()], (key) => /** @type {Report} */ (reports.get(key)));
      show(this, reports.size > 0);
      if (held && reports.size === 0) part(document, '#view [data-action="choose"]').focus({ preventScroll: true });
    };
    sender.addEventListener("change", () => painter.ask(paint), { signal });
    this.addEventListener("click", ({ target }) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("button[data-action]"));
      const key = /** @type {HTMLElement | null} */ (button?.closest("[data-report]"))?.dataset.report ?? "";
      const report = sender.reports.find((each) => each.key === key);
      if (!button || !report) return;
      sender.dismiss(key);
      if (button.dataset.action === "take-in") sender.take({ files: [report.file] }, { ...sender.wanted(), check: false });
    }, { signal });
    paint();
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
