import { setAttribute, setText } from "../../paint/patch.js";
import { number, plural, rate } from "../../paint/words.js";

/** The figures under the header. */
export class FigureStrip extends HTMLElement {
  #life = new AbortController();

  /** @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    const paint = () => this.#paint(store.stats);
    store.watch(({ stats }) => {
      if (stats) painter.ask(paint);
    }, this.#life.signal);
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** @param {Record<string, number>} stats */
  #paint(stats) {
    for (const figure of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-stat]"))) {
      const value = stats[/** @type {string} */ (figure.dataset.stat)];
      if (value === undefined) continue;
      setAttribute(figure, "data-value", value);
      for (const shown of figure.querySelectorAll(".figure-number")) setText(shown, number(value));
      for (const unit of /** @type {NodeListOf<HTMLElement>} */ (figure.querySelectorAll("[data-unit]"))) {
        setText(unit, plural(value, /** @type {string} */ (unit.dataset.unit)));
      }
    }
    for (const shown of this.querySelectorAll(".figure-rate")) setText(shown, rate(stats.events_per_second ?? 0));
  }
}
