import { PageElement } from "../../page_element.js";
import { part, setAttribute, setText } from "../../paint/patch.js";
import { number, rate } from "../../paint/words.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** How many of the newest rates are drawn, one a second. */
const DRAWN = 60;
const HEIGHT = 16;

/** The figures of the whole, and how fast it goes. */
export class FigureStrip extends PageElement {
  /** @type {number[]} */
  #rates = [];
  #timer = 0;

  /** @override @param {Ports} ports */
  start({ store, painter, screen }) {
    const paint = () => this.#paint(store.stats, screen);
    store.watch(({ stats }) => {
      if (stats) painter.ask(paint);
    }, this.signal);
    this.#timer = setInterval(() => {
      this.#rates = [...this.#rates, store.stats.events_per_second ?? 0].slice(-DRAWN);
      painter.ask(paint);
    }, 1_000);
  }

  /** @override */
  disconnectedCallback() {
    clearInterval(this.#timer);
    super.disconnectedCallback();
  }

  /**
   * @param {Record<string, number>} stats
   * @param {Ports["screen"]} screen
   */
  #paint(stats, screen) {
    for (const figure of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-stat]"))) {
      const value = stats[/** @type {string} */ (figure.dataset.stat)];
      if (value === undefined) continue;
      setAttribute(figure, "data-value", value);
      setText(part(figure, ".figure-number"), number(value));
    }
    setText(part(this, ".figure-rate"), rate(stats.events_per_second ?? 0));
    setAttribute(part(this, ".spark-line"), "points", pointsOf(this.#rates));
    const { median } = screen;
    setText(part(this, ".figure-screen"), median === null ? "–" : `p50 ${number(Math.max(0, median))} ms`);
  }
}

/** @param {number[]} rates */
function pointsOf(rates) {
  const most = Math.max(1, ...rates);
  const from = DRAWN - rates.length;
  return rates.map((each, at) => `${from + at},${(HEIGHT - 1 - (each / most) * (HEIGHT - 2)).toFixed(1)}`).join(" ");
}
