import { dataflow } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { duration } from "../../paint/measures.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number, plural, rate } from "../../paint/words.js";
import { FarWorkers } from "./far_workers.js";

/** @typedef {import("../../api/flow.js").Dataflow} Dataflow */
/** @typedef {import("../../api/flow.js").Step} Step */
/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */

/** Shares and times are of so long. */
const OVER_MS = 5_000;

/** The steps that the first worker takes alone, as `dataflow/drawing.py` says. */
const OF_THE_FIRST = ["journal", "deserialize"];

/**
 * The flow drawn, its figures read once a second: how many records pass each step, and how busy that is.
 * @param {PageElement} place
 * @param {Ports} ports
 */
export const begin = (place, ports) => new FlowGraph(place, ports);

class FlowGraph {
  #place;
  /** What was read, and when by the monotonic clock, oldest first. @type {(Dataflow & {at: number})[]} */
  #looks = [];
  #far;

  /**
   * @param {PageElement} place
   * @param {Ports} ports
   */
  constructor(place, { store, painter, connection }) {
    this.#place = place;
    this.#far = new FarWorkers(part(place, ".places"));
    const { signal } = place;
    const paint = () => this.#paint();
    const paintStats = () => {
      const { carts = 0, lag = 0 } = store.stats;
      this.#put("stats", { carts: number(carts), word: plural(carts, "cart"), lag: number(lag) });
    };
    /** @type {Reading<Dataflow>} */
    const reading = new Reading({
      ask: dataflow,
      take: (facts) => {
        this.#take(facts);
        painter.ask(paint);
      },
      tell: () => {}, // the charts above say it: they are refused alike
      pause: () => 1_000,
      connection,
      signal,
    });
    store.watch(({ stats }) => {
      if (stats) painter.ask(paintStats);
    }, signal);
    reading.soon();
    if (store.ready) painter.ask(paintStats);
  }

  /** @param {Dataflow} facts */
  #take(facts) {
    const at = performance.now();
    const before = this.#looks.at(-1)?.steps;
    // Another start of the flow is busy from nought, and after a reset so are the records.
    const isLess = facts.steps.some((step, n) => before?.[n] && (
      step.busy_seconds < before[n].busy_seconds || step.in < before[n].in));
    const kept = isLess ? [] : this.#looks.filter((look) => at - look.at <= OVER_MS);
    this.#looks = [...kept, { ...facts, at }];
  }

  #paint() {
    const first = this.#looks[0];
    const last = this.#looks.at(-1);
    if (!first || !last) return;
    this.#put("flow", { workers: workersWords(last.workers) });
    this.#far.paint(last.places);
    const slowest = busiest(first, last) ?? last.slowest;
    last.steps.forEach((step, n) => {
      const box = part(this.#place, `[data-step="${step.id}"]`);
      const isSlowest = step.id === slowest;
      const workers = workersOf(step, last.workers);
      setAttribute(box, "data-in", step.in);
      setAttribute(box, "data-out", step.out);
      box.toggleAttribute("data-slowest", isSlowest);
      show(part(box, ".graph-slowest"), isSlowest);
      this.#put(step.id, {
        rate: `${rate(step.per_second)}/s`,
        in: number(step.in),
        out: number(step.out),
        busy: duration(step.busy_seconds),
        workers: count(workers, "worker"),
        ...shares(step, first.steps[n], (last.at - first.at) * workers),
      });
    });
  }

  /**
   * Write figures wherever they stand, in the graph and in the panel of its step.
   * @param {string} of
   * @param {Record<string, string>} facts
   */
  #put(of, facts) {
    for (const [name, text] of Object.entries(facts)) {
      for (const place of this.#place.querySelectorAll(`[data-of="${of}"] [data-fact="${name}"]`)) setText(place, text);
    }
  }
}

/** @param {number} workers  as `web/http/pages/drawn_flow.py` says it */
function workersWords(workers) {
  if (workers === 1) return "The flow is 1 worker: a process of its own.";
  return `The flow is ${workers} workers, each a process of its own: the first one reads and parses,`
    + " much at once by one more process, and each joins, counts and publishes its share.";
}

/**
 * How busy a step was between two looks, and what a record took.
 * @param {Step} step
 * @param {Step | undefined} before
 * @param {number} passed  milliseconds, of all workers that run it
 */
function shares(step, before, passed) {
  if (!before || passed === 0) return { share: "– %", cost: "– µs" };
  const busy = step.busy_seconds - before.busy_seconds;
  const records = step.in - before.in;
  const percent = Math.min(100, Math.round((100_000 * busy) / passed));
  return {
    share: percent === 0 && busy > 0 ? "< 1 %" : `${percent} %`,
    cost: `${records > 0 ? ((busy / records) * 1_000_000).toFixed(1) : "–"} µs`,
  };
}

/**
 * How many workers run a step.
 * @param {{id: string}} step
 * @param {number} workers  of the flow
 */
const workersOf = ({ id }, workers) => (OF_THE_FIRST.includes(id) ? 1 : workers);

/**
 * The step that was the busiest between two looks, as the shares beside it say; null where none was busy.
 * @param {Dataflow} first
 * @param {Dataflow} last
 */
function busiest({ steps: before }, { steps, workers }) {
  const busy = steps.map(({ id, busy_seconds }, n) => {
    const seconds = busy_seconds - (before[n]?.busy_seconds ?? 0);
    return { id, seconds: seconds / workersOf({ id }, workers) };
  });
  const most = busy.reduce((most, each) => (each.seconds > most.seconds ? each : most));
  return most.seconds > 0 ? most.id : null;
}
