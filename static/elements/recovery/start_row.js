import { setTime } from "../../paint/clock.js";
import { visible } from "../../paint/foreign.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, duration } from "../../paint/words.js";

/**
 * @typedef {object} Start  one start of the flow; what is not known yet is null
 * @property {number} execution
 * @property {string} reason
 * @property {string} started_at
 * @property {number | null} carts_restored
 * @property {{offset: number, source: string | null, line: number | null} | null} resumed_at
 * @property {number | null} records_replayed
 * @property {string | null} caught_up_at
 * @property {number | null} seconds  until it was caught up
 * @property {string | null} ended_at
 * @property {string | null} ended_because
 */

const UNSEEN = "It ended together with its server.";

/** One start of the flow on screen: why, from where, how fast, and what ended it. */
export class StartRow {
  /** @param {HTMLElement} element  a rendered `_start.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {{start: Start, newest: boolean}} item  only the newest start can be alive */
  update({ start, newest }) {
    const row = this.element;
    const alive = newest && start.ended_at === null;
    const phase = !alive ? "ended" : start.caught_up_at === null ? "catching-up" : "running";
    setAttribute(row, "data-start", start.execution);
    setAttribute(row, "data-phase", phase);
    setTime(part(row, ".start-at"), start.started_at);
    setTime(part(row, ".start-ago"), start.started_at);
    setText(part(row, ".start-outcome"), outcome(start, alive));
    setText(part(row, ".start-reason"), start.reason);
    setText(part(row, ".start-restored"), restored(start.carts_restored));
    setText(part(row, ".start-resumed"), resumed(start.resumed_at));
    setText(part(row, ".start-replayed"), replayed(start.records_replayed));
    show(part(row, ".start-facts"), start.resumed_at !== null);
    show(part(row, ".start-end"), !alive);
    show(part(row, ".start-ended"), start.ended_at !== null);
    setTime(part(row, ".start-ended-at"), start.ended_at ?? "");
    setText(part(row, ".start-because"), alive ? "" : (start.ended_because ?? UNSEEN));
  }
}

/**
 * @param {Start} start
 * @param {boolean} alive
 */
function outcome({ caught_up_at, seconds }, alive) {
  if (caught_up_at !== null && seconds !== null) return `caught up in ${duration(seconds)}`;
  return alive ? "catching up…" : "never caught up";
}

/** @param {number | null} carts */
function restored(carts) {
  return carts === 0 ? "nothing to restore" : `${count(carts ?? 0, "cart")} restored`;
}

/** @param {Start["resumed_at"]} at */
function resumed(at) {
  if (!at?.source) return "resumed where the input ends";
  return `resumed at line ${at.line} of ${visible(at.source)}`;
}

/** @param {number | null} records */
function replayed(records) {
  return `${count(records ?? 0, "record")} replayed`;
}
