import { adopt, proof, prove, rendered } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { FIGURES, keep, kept, THIS_TAB } from "../../kept.js";
import { onPress } from "../../paint/action.js";
import { complain, part, setAttribute, setText } from "../../paint/patch.js";
import { number, percent } from "../../paint/words.js";

/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {Record<string, number>} Stats */

/** The parts that tell of a proof, as the server renders them. */
const PARTS = ".proof-outcome, .error, .proof-examples, [data-side=journal]";

const SIDES = ["before", "after"];

/**
 * The figures before and after a recovery, and those that the journal gives when it is counted anew.
 * @param {PageElement} place
 * @param {Ports} ports
 * @param {Stats | null} before  the figures of the flow that is gone; null: it is not
 */
export const begin = (place, ports, before) => new FlowProof(place, ports, before);

class FlowProof {
  #place;
  /** @type {Stats} those of the flow that ran last; none are known before the first frame */
  #last;
  #isAway = false;

  /**
   * @param {PageElement} place
   * @param {Ports} ports
   * @param {Stats | null} before
   */
  constructor(place, { store, connection, clock }, before) {
    this.#place = place;
    this.#last = before ?? store.stats;
    const { signal } = place;
    const say = (/** @type {string} */ words) => setText(part(this.#place, ".proof-outcome"), words);
    const bar = (/** @type {number} */ share) => {
      setAttribute(part(this.#place, ".proof-progress"), "aria-valuenow", share);
      setAttribute(part(this.#place, ".bar-done"), "width", share);
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
        if (fresh) adopt(place, fresh, PARTS);
        else say("Counting the journal anew…");
        setAttribute(place, "data-state", fresh?.dataset.state ?? "running");
        place.toggleAttribute("data-old", fresh?.hasAttribute("data-old") ?? false);
        clock.tell();
      },
      tell: (refusal) => {
        if (refusal && refusal.code !== "offline") complain(place, refusal.message);
      },
      pause: () => (place.dataset.state === "running" ? 1_000 : null),
      connection,
      signal,
    });
    onPress(place, "prove", async () => {
      await prove();
      reading.soon();
    }, signal);
    const look = () => {
      for (const side of SIDES) this.#put(side, keptOf(store.generation)[side] ?? {});
      if (before) this.#leave(store.generation); // it may be back by now
      this.#hear(store);
      store.watch(({ flow, stats }) => {
        if (flow || stats) this.#hear(store);
      }, signal);
    };
    if (store.ready) look();
    else store.addEventListener("change", look, { once: true, signal });
    if (place.dataset.state === "running") reading.soon();
  }

  /** @param {Ports["store"]} store */
  #hear({ flow, stats, generation }) {
    const isAway = flow?.state !== "running";
    if (isAway && !this.#isAway) this.#leave(generation);
    if (!isAway && this.#isAway) {
      this.#put("after", stats);
      keep(FIGURES, JSON.stringify({ ...keptOf(generation), after: stats }), THIS_TAB);
    }
    if (!isAway) this.#last = stats;
    this.#isAway = isAway;
  }

  /** @param {string} generation */
  #leave(generation) {
    this.#isAway = true;
    this.#put("before", this.#last);
    this.#put("after", {});
    const isOld = this.#place.toggleAttribute("data-old", this.#place.dataset.state === "done");
    const again = this.#place.querySelector('[data-action="prove"]') ? ": prove it again" : "";
    setText(part(this.#place, ".proof-old"), isOld ? `– of before the last start${again}` : "");
    keep(FIGURES, JSON.stringify({ generation, before: this.#last }), THIS_TAB);
  }

  /**
   * @param {string} side
   * @param {Stats} stats
   */
  #put(side, stats) {
    for (const cell of /** @type {NodeListOf<HTMLElement>} */ (this.#place.querySelectorAll(`[data-side="${side}"]`))) {
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
  const said = JSON.parse(kept(FIGURES, THIS_TAB) ?? "{}");
  return said?.generation === generation ? said : { generation };
}
