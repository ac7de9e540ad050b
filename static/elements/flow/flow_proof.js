import { proof as readProof, prove } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { act } from "../../paint/action.js";
import { complain, part, setAttribute, setText, show } from "../../paint/patch.js";
import { duration, number, percent, sentence } from "../../paint/words.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../api/flow.js").Proof} Proof */
/** @typedef {Record<string, number>} Stats */

const IDLE = "Counts the whole journal anew, with nothing of the flow’s or the view’s, and compares by identity.";
/** @type {import("../../api/flow.js").Figure[]} */
const FIGURES = ["paid", "unpaid", "waiting", "skipped"];

/** The figures before and after a recovery, and those that the journal gives when it is counted anew. */
export class FlowProof extends HTMLElement {
  #life = new AbortController();
  /** @type {Proof | null} */
  #proof = null;
  /** @type {Stats | null} those of the flow that ran last */
  #last = null;
  /** @type {Stats | null} */
  #before = null;
  /** @type {Stats | null} */
  #after = null;
  #isAway = false;

  /** @param {Ports} ports */
  start({ store, connection, painter }) {
    const { signal } = this.#life;
    const paint = () => this.#paint();
    const take = (/** @type {Proof} */ proof) => {
      this.#proof = proof;
      painter.ask(paint);
    };
    /** @type {Reading<Proof>} */
    const reading = new Reading({
      ask: readProof,
      take,
      tell: (refusal) => {
        if (refusal && refusal.code !== "offline") complain(this, refusal.message);
      },
      pause: () => (this.#proof?.state === "running" ? 1_000 : null),
      connection,
      signal,
    });
    const button = part(this, '[data-action="prove"]');
    const work = async () => {
      const proof = await prove();
      take(proof);
      if (proof.state === "running") reading.soon();
    };
    button.addEventListener("click", (event) => act(event, button, this, work), { signal });
    store.watch(({ flow, stats, reset }) => {
      if (reset) this.#before = this.#after = this.#last = null;
      if (reset) reading.soon();
      if (flow || stats) this.#hear(store);
      painter.ask(paint);
    }, signal);
    if (this.dataset.state === "running") reading.soon();
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** @param {Ports["store"]} store */
  #hear({ flow, stats }) {
    if (!flow) return;
    const isAway = flow.state !== "running";
    if (isAway && !this.#isAway) {
      this.#before = this.#last;
      this.#after = null;
    } else if (!isAway) {
      if (this.#isAway) this.#after = stats;
      this.#last = stats;
    }
    this.#isAway = isAway;
  }

  #paint() {
    for (const figure of FIGURES) {
      this.#put(figure, "before", this.#before?.[figure] ?? null);
      this.#put(figure, "after", this.#after?.[figure] ?? null);
    }
    const proof = this.#proof;
    if (!proof) return;
    const { state, lost, twice, seconds } = proof;
    const isDone = state === "done";
    const done = isDone ? 100 : percent(Math.round(100 * proof.progress), 100);
    setAttribute(this, "data-state", state);
    setAttribute(part(this, ".proof-progress"), "aria-valuenow", done);
    setAttribute(part(this, ".bar-done"), "width", done);
    show(part(this, ".proof-found"), isDone);
    show(part(this, ".proof-none"), !isDone);
    setText(part(this, ".proof-none"), state === "running" ? "Counting the journal anew…" : IDLE);
    setText(part(this, ".proof-sign"), lost === 0 && twice === 0 ? "✓" : "✗");
    setText(part(this, ".proof-took"), `in ${duration(seconds ?? 0)}`);
    for (const [name, value] of Object.entries({ lost, twice })) {
      const found = part(this, `[data-prove="${name}"]`);
      setAttribute(found, "data-value", value ?? "");
      setText(part(found, ".proof-number"), number(value));
    }
    if (state === "failed") complain(this, sentence(proof.error ?? "it failed"));
    const examples = part(this, ".proof-examples");
    setText(examples, "");
    examples.append(...proof.examples.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
    for (const figure of FIGURES) this.#compare(figure, proof);
  }

  /**
   * @param {import("../../api/flow.js").Figure} figure
   * @param {Proof} proof
   */
  #compare(figure, { journal, view }) {
    const cell = part(this, `[data-figure="${figure}"] [data-side="journal"]`);
    setText(part(cell, ".proof-count"), number(journal?.[figure] ?? null));
    const differs = journal && view && journal[figure] !== view[figure] ? `≠ ${number(view[figure])}` : "✓";
    setText(part(cell, ".proof-same"), journal ? differs : "");
  }

  /**
   * @param {string} figure
   * @param {string} side
   * @param {number | null} value
   */
  #put(figure, side, value) {
    setText(part(this, `[data-figure="${figure}"] [data-side="${side}"]`), number(value));
  }
}
