import { adopt, proof, prove, rendered } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { keep, kept, THIS_TAB } from "../../kept.js";
import { PageElement } from "../../page_element.js";
import { act } from "../../paint/action.js";
import { complain, part, setAttribute, setText } from "../../paint/patch.js";
import { number, percent } from "../../paint/words.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {Record<string, number>} Stats */

/** The parts that tell of a proof, as the server renders them. */
const PARTS = ".proof-outcome, .error, .proof-examples, [data-side=journal]";

const SIDES = ["before", "after"];
/** Where this tab keeps the figures of both sides over a reload. */
const KEPT = "cartwatch.figures";

/** The figures before and after a recovery, and those that the journal gives when it is counted anew. */
export class FlowProof extends PageElement {
  /** @type {Stats | null} those of the flow that ran last */
  #last = null;
  #isAway = false;

  /** @override @param {Ports} ports */
  start({ store, connection, clock }) {
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
        this.toggleAttribute("data-old", fresh?.hasAttribute("data-old") ?? false);
        clock.tell();
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
    store.watch(({ flow, stats, reset, window }) => {
      if (reset) {
        this.#last = null;
        for (const side of SIDES) this.#put(side, {});
        reading.soon();
      }
      if (window && !this.#last) for (const side of SIDES) this.#put(side, keptOf(store.generation)[side] ?? {});
      if (flow || stats) this.#hear(store);
    }, signal);
    if (this.dataset.state === "running") reading.soon();
  }

  /** @param {Ports["store"]} store */
  #hear({ flow, stats, generation }) {
    const isAway = flow?.state !== "running";
    if (isAway && !this.#isAway) {
      this.#put("before", this.#last ?? {});
      this.#put("after", {});
      const isOld = this.toggleAttribute("data-old", this.dataset.state === "done");
      setText(part(this, ".proof-old"), isOld ? "– of before the last start: prove it again" : "");
      keep(KEPT, JSON.stringify({ generation, before: this.#last }), THIS_TAB);
    }
    if (!isAway && this.#isAway) {
      this.#put("after", stats);
      keep(KEPT, JSON.stringify({ ...keptOf(generation), after: stats }), THIS_TAB);
    }
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

/**
 * What this tab has kept of a generation.
 * @param {string} generation
 * @returns {{generation: string, [side: string]: any}}
 */
function keptOf(generation) {
  const said = JSON.parse(kept(KEPT, THIS_TAB) ?? "{}");
  return said?.generation === generation ? said : { generation };
}
