import { KeyedList } from "../../paint/keyed_list.js";
import { part, show } from "../../paint/patch.js";
import { ReportRow } from "./report_row.js";

/** @typedef {import("../uploads/sender.js").Report} Report */

/**
 * Show what would come of the files that were only checked, of none of which anything was kept.
 * @param {import("../../page_element.js").PageElement} place
 * @param {import("../../ports.js").Ports} ports
 */
export function begin(place, { sender, painter }) {
  const { signal } = place;
  /** @type {KeyedList<Report>} */
  const list = new KeyedList(part(place, ".reports"), "report", ReportRow);
  const paint = () => {
    const reports = new Map(sender.reports.map((each) => [each.key, each]));
    const held = place.contains(document.activeElement);
    list.paint([...reports.keys()], (key) => /** @type {Report} */ (reports.get(key)));
    show(place, reports.size > 0);
    if (held && reports.size === 0) part(document, '#view [data-action="choose"]').focus({ preventScroll: true });
  };
  sender.addEventListener("change", () => painter.ask(paint), { signal });
  place.addEventListener("click", ({ target }) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("button[data-action]"));
    const key = /** @type {HTMLElement | null} */ (button?.closest("[data-report]"))?.dataset.report ?? "";
    const report = sender.reports.find((each) => each.key === key);
    if (!button || !report) return;
    sender.reports = sender.reports.filter((each) => each !== report);
    sender.tell();
    if (button.dataset.action === "take-in") sender.take({ files: [report.file] }, { check: false });
  }, { signal });
  paint();
}
