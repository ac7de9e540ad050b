import { PageElement } from "../../page_element.js";
import { visible } from "../../paint/foreign.js";
import { setText } from "../../paint/patch.js";
import { count, number } from "../../paint/words.js";

/** The shortest time between two announcements: a reader must be able to finish a sentence. */
const PAUSE_MS = 5_000;
const NOTABLE = new Set(["done", "paused", "cancelled", "failed"]);

/** Says to assistive tools what an eye would notice: skipped records and the ends of uploads. */
export class PoliteAnnouncer extends PageElement {
  #timer = 0;
  #skipped = 0;
  /** @type {Map<string, string>} the state last seen of each visible upload */
  #states = new Map();
  /** @type {Map<string, string>} what is to be said, the newest of each kind */
  #words = new Map();

  /** @override @param {import("../../ports.js").Ports} ports */
  start(ports) {
    const { store } = ports;
    const begin = () => {
      const { states, skipped } = /** @type {import("../../ports.js").Known} */ (ports.known);
      this.#states = states;
      this.#skipped = skipped;
      this.#hearUploads(store.uploads, false);
      this.#hearSkipped(store.skipped, false);
      store.watch(({ reset, uploads, skipped }) => {
        if (uploads) this.#hearUploads(store.uploads, reset);
        if (skipped) this.#hearSkipped(store.skipped, reset);
      }, this.signal);
    };
    if (ports.known) begin();
    else store.addEventListener("change", begin, { once: true, signal: this.signal });
  }

  /** @override */
  disconnectedCallback() {
    clearTimeout(this.#timer);
    super.disconnectedCallback();
  }

  /**
   * @param {import("../../listing.js").Listing<import("../../store.js").Upload>} uploads
   * @param {boolean} silent
   */
  #hearUploads({ order, items }, silent) {
    const states = new Map();
    for (const key of order) {
      const { name, state, accepted, skipped } = /** @type {import("../../store.js").Upload} */ (items.get(key));
      states.set(key, state);
      if (silent || this.#states.get(key) === state || !NOTABLE.has(state)) continue;
      this.say(`upload ${key}`, `${visible(name)} is ${state}: ${number(accepted)} accepted, ${number(skipped)} skipped.`);
    }
    this.#states = states;
  }

  /**
   * @param {import("../../listing.js").Listing<import("../../store.js").Skipped>} skipped
   * @param {boolean} silent
   */
  #hearSkipped({ order, items, total }, silent) {
    const newest = items.get(order[0] ?? "");
    if (newest && !silent && total > this.#skipped) {
      this.say("skipped", `${count(total, "skipped record")}. The newest, in ${visible(newest.source)}: ${newest.message}.`);
    }
    this.#skipped = total;
  }

  /**
   * Say something, with the rest of what there is to say, in a while.
   * @param {string} kind  of two of a kind, the newer one is said
   * @param {string} words
   */
  say(kind, words) {
    this.#words.set(kind, words);
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      setText(this, [...this.#words.values()].slice(-3).join(" "));
      this.#words.clear();
    }, PAUSE_MS);
  }
}
