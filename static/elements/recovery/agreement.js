import { setTime } from "../../paint/clock.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { number, sentence } from "../../paint/words.js";

/** @typedef {Record<"carts" | "unpaid" | "paid" | "waiting", number>} Figures */

/**
 * @typedef {object} Agreement  the outcome of the last comparison
 * @property {boolean} agree
 * @property {string | null} message  what differs and what to do, in the server's words
 * @property {string} checked_at
 * @property {Figures} flow
 * @property {Figures & {completed: number}} view
 * @property {number[]} differing_key_groups  the first of them
 */

/** @type {(keyof Figures)[]} */
const COLUMNS = ["carts", "unpaid", "paid", "waiting"];
const HEADLINES = {
  unknown: "State and view not compared yet",
  agree: "State and view agree",
  agreed: "State and view agreed",
  differ: "State and view do not agree",
};

/**
 * Tell whether the state of the flow and the view agree: calm where they do, loud where they do not.
 * @param {HTMLElement} place  the `.agreement`
 * @param {Agreement | null} agreement  null: not compared yet
 * @param {boolean} running  what was compared before the flow ended says nothing of now
 */
export function paintAgreement(place, agreement, running) {
  const outcome = outcomeOf(agreement, running);
  setAttribute(place, "data-agreement", outcome);
  setText(part(place, ".agreement-word"), HEADLINES[outcome]);
  setText(part(place, ".agreement-text"), explanation(agreement));
  show(part(place, ".agreement-text"), explanation(agreement) !== "");
  show(part(place, ".agreement-checked"), agreement !== null);
  show(part(place, ".agreement-table"), agreement !== null);
  if (!agreement) return;
  setTime(part(place, ".agreement-at"), agreement.checked_at);
  const { flow, view } = agreement;
  for (const column of COLUMNS) {
    const completed = column === "paid" ? view.completed : flow[column];
    const differs = view[column] !== flow[column] || completed !== flow[column];
    paintCell(place, "flow", column, flow[column], differs);
    paintCell(place, "view", column, view[column], differs);
    if (column === "paid") paintCell(place, "completed", column, completed, differs);
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} side
 * @param {string} column
 * @param {number} value
 * @param {boolean} differs
 */
function paintCell(place, side, column, value, differs) {
  const cell = part(place, `[data-side="${side}"] [data-figure="${column}"]`);
  setText(cell, number(value));
  setAttribute(cell, "data-value", value);
  cell.toggleAttribute("data-differs", differs);
}

/**
 * @param {Agreement | null} agreement
 * @param {boolean} running
 */
function outcomeOf(agreement, running) {
  if (!agreement) return "unknown";
  if (!agreement.agree) return "differ";
  return running ? "agree" : "agreed";
}

/** @param {Agreement | null} agreement */
function explanation(agreement) {
  if (!agreement) return "They are compared when the flow has caught up, and once a minute.";
  return agreement.message === null ? "" : sentence(agreement.message);
}
