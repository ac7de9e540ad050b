import { adopt, proof, prove, rendered } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { PageElement } from "../../page_element.js";
import { act } from "../../paint/action.js";
import { complain, part, setAttribute, setText } from "../../paint/patch.js";
import { number, percent } from "../../paint/words.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {Record<string, number>} Stats */

/** The parts that tell of a proof, as the server renders them. */
const PARTS = ".proof-outcome, .error, .proof-examples, [data-side=journal]";

/** The figures before and after a recovery, and those that the journal gives when it is counted anew. */
export class FlowProof extends PageElement {
  /** @type {Stats | null} those of the flow that ran last */
  #last = null;
  #isAway = false;

  /** @param {Ports} ports */
  start({ store, connection }) {
    const { signal } = this;
    const button = part(this, '[data-action="prove"]');
    const say = (/** @type {string} */ words) => setText(part(this, ".proof-outcome"), words);
    const bar = (/** @type {number} */ share) => {
      setAttribute(part(this, ".proof-progress"), "aria-valuenow", share);
      setAttribute(part(this, ".bar-done"), "width", share);
    };
    /** @type {Reading<Document | null>} */
    const reading = new Reading({
      ask: async (ending) => {
        const { state, progress } = await proof(ending);
        if (state !== "running") return rendered("10m", ending);
        bar(percent(Math.round(100 * progress), 100));
        return null;
      },
      take: (page) => {
        const fresh = page && part(page, "flow-proof");
        if (fresh) adopt(this, fresh, PARTS);
        else say("Counting the journal anew…");
        setAttribute(this, "data-state", fresh?.dataset.state ?? "running");
      },
      tell: (refusal) => {
        if (refusal && refusal.code !== "offline") complain(this, refusal.message);
      },
      pause: () => (this.dataset.state === "running" ? 1_000 : null),
      connection,
      signal,
    });
    button.addEventListener("click", (event) => act(event, button, this, async () => {
      await prove();
      reading.soon();
    }), { signal });
    store.watch(({ flow, stats, reset }) => {
      if (reset) {
        this.#last = null;
        for (const side of ["before", "after"]) this.#put(side, {});
        reading.soon();
      }
      if (flow || stats) this.#hear(store);
    }, signal);
    if (this.dataset.state === "running") reading.soon();
  }

  /** @param {Ports["store"]} store */
  #hear({ flow, stats }) {
    const isAway = flow?.state !== "running";
    if (isAway && !this.#isAway) {
      this.#put("before", this.#last ?? {});
      this.#put("after", {});
    }
    if (!isAway && this.#isAway) this.#put("after", stats);
    if (!isAway) this.#last = stats;
    this.#isAway = isAway;
  }

  /**
   * @param {string} side
   * @param {Stats} stats
   */
  #put(side, stats) {
    for (const cell of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(`[data-side="${side}"]`))) {
      setText(cell, number(stats[cell.parentElement?.dataset.figure ?? ""] ?? null));
    }
  }
}
