import { recovery } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { act } from "../../paint/action.js";
import { part, setText } from "../../paint/patch.js";
import { duration } from "../../paint/words.js";
import { noteKill } from "./own_kills.js";
import { ASKED } from "./start_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../api/flow.js").Recovery} Recovery */
/** @typedef {import("../../api/flow.js").Start} Start */
/** @typedef {{dead: number | null, restored: number | null, new: number | null, up: number | null}} Marks  seconds */

/** As many starts as stand beside the stopwatch. */
const SHOWN = 5;
/** A recovery that is over by then is not announced. */
const QUIET_MS = 1_000;
/** @type {Marks} */
const DEAD = { dead: 0, restored: null, new: null, up: null };
/** The first start recovers from nothing. @type {Marks} */
const NEVER = { ...DEAD, dead: null };

/**
 * Kills the flow, and holds the stopwatch beside it: by the socket while it recovers, whoever killed it, and then by the
 * exact times. Tells what it reads of the flow's starts by the event `recovery`.
 */
export class FlowKill extends HTMLElement {
  #life = new AbortController();
  /** When the flow was gone, by the monotonic clock; null: no recovery is under way. @type {number | null} */
  #began = null;
  /** @type {Marks | null} null: as the server rendered them */
  #marks = null;
  #known = 0;
  #words = "";
  #isMine = false;
  #late = 0;
  /** @type {Start | null} */
  #newest = null;

  /** @param {Ports} ports */
  start(ports) {
    const { store, connection, painter, http } = ports;
    const { signal } = this.#life;
    this.#known = Number(this.dataset.execution);
    const paint = () => {
      this.#paint();
      if (this.#began !== null && !signal.aborted) painter.ask(paint);
    };
    /** @type {Reading<Recovery>} */
    const reading = new Reading({
      ask: (ending) => recovery({ limit: SHOWN }, ending),
      take: (facts) => {
        this.#take(facts, ports);
        painter.ask(paint);
      },
      tell: () => {}, // the header says what the flow does, and whether the server is heard
      pause: () => (this.#began === null ? null : 1_000),
      connection,
      signal,
    });
    const begin = () => {
      if (this.#began !== null) return;
      this.#began = performance.now();
      this.#marks = { ...DEAD };
      this.#words = "";
      this.#late = setTimeout(() => {
        if (store.flow?.state !== "running") ports.announce("flow", "The flow is gone, and recovers.");
        reading.soon(); // it takes long enough to be followed
      }, QUIET_MS);
      painter.ask(paint);
    };
    store.watch(({ flow, stats, reset }) => {
      if (reset) this.#known = 0;
      if (flow && store.flow) this.#hear(store.flow, begin, () => reading.soon());
      if (stats && this.#newest && this.#newest.seconds_to_first_new === null) reading.soon();
    }, signal);
    const kill = part(this, '[data-action="kill"]');
    const work = async () => {
      await http.restartFlow();
      this.#isMine = true;
      begin();
      painter.ask(paint);
    };
    kill.addEventListener("click", (event) => act(event, kill, this, work), { signal });
    reading.soon();
  }

  disconnectedCallback() {
    clearTimeout(this.#late);
    this.#life.abort();
  }

  /**
   * What the flow does says about when it came to what; the exact times follow.
   * @param {import("../../store.js").Flow} flow
   * @param {() => void} begin
   * @param {() => void} read
   */
  #hear({ state, message }, begin, read) {
    if (state !== "running") begin();
    if (this.#began === null || !this.#marks) return;
    const seconds = (performance.now() - this.#began) / 1000;
    if (state === "recovering") {
      if (this.#words && message !== this.#words) this.#marks.restored ??= seconds;
      this.#words ||= message ?? "";
    } else if (state === "running") {
      this.#marks.up ??= seconds;
      clearTimeout(this.#late);
      read();
    }
  }

  /**
   * @param {Recovery} facts
   * @param {Ports} ports
   */
  #take(facts, { announce }) {
    const newest = facts.history[0] ?? null;
    this.#newest = newest?.caught_up_at ? newest : null;
    this.dispatchEvent(new CustomEvent("recovery", { detail: facts, bubbles: true }));
    if (!newest || (this.#began !== null && newest.execution <= this.#known)) return;
    if (this.#isMine && newest.execution > this.#known && newest.reason === ASKED) noteKill(newest.execution);
    const { seconds_to_restored: restored, seconds_to_first_new: first, seconds: up } = newest;
    const seen = this.#began === null ? null : this.#marks?.up;
    this.#marks = newest.execution > 1 ? { dead: 0, restored, new: first, up: up ?? seen ?? null } : { ...NEVER };
    if (up === null) return;
    if (this.#began !== null && up * 1000 > QUIET_MS) announce("flow", `The flow has caught up after ${duration(up)}.`);
    clearTimeout(this.#late);
    this.#known = newest.execution;
    this.#began = null;
    this.#isMine = false;
  }

  #paint() {
    if (!this.#marks) return;
    this.toggleAttribute("data-runs", this.#began !== null && this.#marks.up === null);
    const running = this.#began === null ? null : (performance.now() - this.#began) / 1000;
    let next = running;
    for (const [name, reached] of Object.entries(this.#marks)) {
      const mark = part(this, `[data-mark="${name}"]`);
      mark.toggleAttribute("data-reached", reached !== null);
      // It runs at the first mark that is not reached; a new record may come before or behind all others.
      const seconds = reached ?? (name === "new" || this.#marks.up !== null ? null : next);
      if (reached === null && name !== "new") next = null;
      setText(part(mark, ".watch-time"), seconds === null ? "–" : seconds.toFixed(2));
    }
  }
}
