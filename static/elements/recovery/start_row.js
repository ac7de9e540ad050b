import { setTime } from "../../paint/clock.js";
import { setForeign } from "../../paint/foreign.js";
import { duration } from "../../paint/measures.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number } from "../../paint/words.js";
import { ASKED, isOwnKill } from "../flow/own_kills.js";

/** @typedef {import("../../api/recovery.js").Start} Start */

/** @type {Record<string, string>} */
const REASONS = { "a person restarted it": ASKED, "killed by SIGKILL": "it was killed (SIGKILL)" };
const UNSEEN = "it ended together with its server";

/** One start of the flow in a sentence; the server says it alike (`web/http/pages/start_words.py`). */
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
    setText(part(row, ".start-reason"), reason(start));
    setAttribute(part(row, ".start-reason"), "data-reason", start.reason);
    setText(part(row, ".start-workers"), count(start.workers, "worker"));
    setText(part(row, ".start-restored"), start.carts_restored ? count(start.carts_restored, "cart") : "nothing to restore");
    const at = start.resumed_at?.source == null ? null : start.resumed_at;
    setText(part(row, ".start-resumed"), at ? `from ${placeWord(at.source)} ${number(at.line)} of` : "from the end of the input");
    setForeign(part(row, ".start-source"), at?.source ?? "");
    setText(part(row, ".start-replayed"), number(start.records_replayed ?? 0));
    show(part(row, ".start-facts"), start.resumed_at !== null);
    show(part(row, ".start-end"), !alive);
    setText(part(row, ".start-because"), alive ? "" : `ended: ${because(start.ended_because ?? UNSEEN)}`);
  }
}

/**
 * What the number of a record is in its source: a line, or an offset of a partition of a topic.
 * @param {string | null} source
 */
const placeWord = (source) => (/^[\w.-]+\/\d+$/.test(source ?? "") ? "offset" : "line");

/** @param {Start} start */
function reason({ execution, reason }) {
  return reason === ASKED && isOwnKill(execution) ? "you killed it" : because(reason);
}

/** @param {string} words */
const because = (words) => REASONS[words] ?? words;

/**
 * @param {Start} start
 * @param {boolean} alive
 */
function outcome({ caught_up_at, seconds }, alive) {
  if (caught_up_at !== null && seconds !== null) return duration(seconds);
  return alive ? "catching up…" : "never caught up";
}

/**
 * Paint a page of starts.
 * @param {import("../../paint/keyed_list.js").KeyedList<{start: Start, newest: boolean}>} list
 * @param {{history: Start[], total: number}} facts
 */
export function paintStarts(list, { history, total }) {
  const starts = new Map(history.map((start) => [String(start.execution), start]));
  list.paint([...starts.keys()], (key) => {
    const start = /** @type {Start} */ (starts.get(key));
    return { start, newest: start.execution === total };
  });
}
