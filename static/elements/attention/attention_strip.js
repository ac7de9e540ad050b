import { PageElement } from "../../page_element.js";
import { setTime } from "../../paint/clock.js";
import { visible } from "../../paint/foreign.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";

/** @typedef {import("../../store.js").Attention} Attention */

/** What waits for somebody, each a link to it; its ages move on by themselves. */
export class AttentionStrip extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    const paint = () => {
      const { attention, uploads } = store;
      if (!attention) return;
      for (const name of /** @type {const} */ (["unpaid", "waiting"])) {
        const open = attention[name];
        const item = this.#put(name, open?.carts ?? null);
        setTime(part(item, "time"), open?.oldest_at ?? "");
        show(part(item, ".attention-age"), Boolean(open?.oldest_at));
      }
      this.#put("skipped", attention.skipped_open);
      this.#put("recovered", attention.recoveries_today);
      const item = this.#put("paused", attention.uploads_paused);
      const names = [...uploads.items.values()].filter(({ state }) => state === "paused").map(({ name }) => visible(name));
      setText(part(item, ".attention-names"), names.length > 0 ? `: ${names[0]}` : "");
      setText(part(item, ".attention-more"), attention.uploads_paused > 1 ? ` +${number(attention.uploads_paused - 1)}` : "");
      setAttribute(item, "title", names.join(", "));
    };
    store.watch(({ attention, uploads }) => {
      if (attention || uploads) painter.ask(paint);
    }, this.signal);
  }

  /**
   * @param {string} name
   * @param {number | null} value  null: not known yet
   */
  #put(name, value) {
    const item = part(this, `[data-attention="${name}"]`);
    setAttribute(item, "data-value", value ?? "");
    item.toggleAttribute("data-calm", !value);
    setText(part(item, ".attention-number"), number(value));
    return item;
  }
}
