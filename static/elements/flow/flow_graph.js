import { dataflow } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { duration, number, plural, rate } from "../../paint/words.js";

/** @typedef {import("../../api/flow.js").Dataflow} Dataflow */
/** @typedef {import("../../api/flow.js").Step} Step */
/** @typedef {{at: number, steps: Map<string, Step>}} Look  what a reading found, and when by the monotonic clock */

/** Shares and times are of so long. */
const OVER_MS = 5_000;

/** The flow drawn, its figures read once a second: how many records pass each step, and how busy that is. */
export class FlowGraph extends HTMLElement {
  #life = new AbortController();
  /** @type {Look[]} oldest first */
  #looks = [];
  /** @type {string | null} */
  #slowest = null;

  /** @param {import("../../ports.js").Ports} ports */
  start({ store, painter, connection }) {
    const { signal } = this.#life;
    const paint = () => this.#paint(store.stats);
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
      if (stats) painter.ask(paint);
    }, signal);
    reading.soon();
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** @param {Dataflow} facts */
  #take({ steps, slowest }) {
    const look = { at: performance.now(), steps: new Map(steps.map((step) => [step.id, step])) };
    const before = this.#looks.at(-1);
    // Another start of the flow is busy from nought, and after a reset so are the records.
    if (before && steps.some((step) => isLess(step, before.steps.get(step.id)))) this.#looks = [];
    this.#looks = [...this.#looks.filter(({ at }) => look.at - at <= OVER_MS), look];
    this.#slowest = slowest;
  }

  /** @param {Record<string, number>} stats */
  #paint(stats) {
    const view = part(this, '[data-place="view"]');
    setText(part(view, ".graph-rate"), number(stats.carts ?? 0));
    setText(part(view, ".graph-busy"), plural(stats.carts ?? 0, "cart"));
    const panel = /** @type {HTMLElement | null} */ (this.querySelector("[data-panel]"));
    if (panel) put(panel, ".step-carts", number(stats.carts ?? 0));
    if (panel) put(panel, ".step-lag", number(stats.lag ?? 0));
    for (const step of this.#looks.at(-1)?.steps.values() ?? []) {
      const box = part(this, `[data-step="${step.id}"]`);
      const { share, cost } = this.#measure(step);
      setAttribute(box, "data-in", step.in);
      setAttribute(box, "data-out", step.out);
      box.toggleAttribute("data-slowest", step.id === this.#slowest);
      setText(part(box, ".graph-rate"), `${rate(step.per_second)}/s`);
      setText(part(box, ".graph-share"), share);
      show(part(box, ".graph-slowest"), step.id === this.#slowest);
      if (panel?.dataset.panel !== step.id) continue;
      put(panel, ".step-in", number(step.in));
      put(panel, ".step-out", number(step.out));
      put(panel, ".step-rate", `${rate(step.per_second)}/s`);
      put(panel, ".step-share", share);
      put(panel, ".step-cost", cost);
      put(panel, ".step-busy", duration(step.busy_seconds));
    }
  }

  /** @param {Step} step  as it was found last */
  #measure({ id, in: taken, busy_seconds }) {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    const before = first?.steps.get(id);
    if (!last || !first || !before || first === last) return { share: "– %", cost: "– µs" };
    const busy = busy_seconds - before.busy_seconds;
    const records = taken - before.in;
    const cost = records > 0 ? ((busy / records) * 1_000_000).toFixed(1) : "–";
    return { share: percentWords((1000 * busy) / (last.at - first.at)), cost: `${cost} µs` };
  }
}

/**
 * @param {Step} step
 * @param {Step | undefined} before
 */
function isLess(step, before) {
  return before !== undefined && (step.busy_seconds < before.busy_seconds || step.in < before.in);
}

/** @param {number} share */
function percentWords(share) {
  const percent = Math.min(100, Math.round(100 * share));
  return percent === 0 && share > 0 ? "< 1 %" : `${percent} %`;
}

/**
 * Write where the panel of this step has such a figure.
 * @param {HTMLElement} panel
 * @param {string} selector
 * @param {string} text
 */
function put(panel, selector, text) {
  const place = panel.querySelector(selector);
  if (place) setText(place, text);
}
