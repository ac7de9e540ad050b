import { PageElement } from "../../page_element.js";
import { part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";

/** The way to each view, with what waits there. */
export class ViewNav extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    const paint = () => {
      const { attention } = store;
      if (!attention) return;
      this.#count("skipped", attention.skipped_open);
      this.#count("files", attention.uploads_paused + attention.uploads_failed);
    };
    store.watch(({ attention }) => {
      if (attention) painter.ask(paint);
    }, this.signal);
  }

  /**
   * @param {string} name
   * @param {number} many
   */
  #count(name, many) {
    const count = part(this, `[data-count="${name}"]`);
    setText(part(count, ".nav-number"), number(many));
    show(count, many > 0);
  }
}
