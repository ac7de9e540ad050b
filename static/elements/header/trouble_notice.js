import { ROOT } from "../../address.js";
import { keep, keptList } from "../../kept.js";
import { PageElement } from "../../page_element.js";
import { setForeign, visible } from "../../paint/foreign.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count } from "../../paint/words.js";
import { isOnTop, orderOf, pausedItself, whyOf } from "../uploads/outcome.js";

/** @typedef {import("../../store.js").Upload} Upload */

/** Where it is kept what was dismissed in this browser, as it was then; the newest of it. */
const KEPT = "cartwatch.dismissed";
const MOST = 50;

/** Beside a view that does not show it: a file that paused itself, or of which nothing was accepted. */
export class TroubleNotice extends PageElement {
  /** @type {string[]} what is told of, each as it is now */
  #shown = [];

  /** @override @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    const { signal } = this;
    const paint = () => {
      const all = orderOf(store).map((key) => /** @type {Upload} */ (store.uploads.items.get(key)));
      const dismissed = keptList(KEPT);
      const open = all.filter((upload) => isOnTop(upload, store.at) && !dismissed.includes(keyOf(upload)));
      const [first] = open;
      show(this, Boolean(first));
      this.#shown = open.map(keyOf);
      if (first) this.#tell(first, open.length - 1);
    };
    store.watch(({ uploads }) => {
      if (uploads) painter.ask(paint);
    }, signal);
    painter.ask(paint);
    part(this, '[data-action="dismiss"]').addEventListener("click", () => {
      keep(KEPT, JSON.stringify([...keptList(KEPT), ...this.#shown].slice(-MOST)));
      paint();
    }, { signal });
  }

  /**
   * @param {Upload} upload
   * @param {number} more  of which the same is to be said
   */
  #tell(upload, more) {
    setForeign(part(this, ".trouble-name .foreign"), upload.name);
    setAttribute(part(this, ".trouble-name"), "href", `${ROOT}/files/${encodeURIComponent(String(upload.id))}`);
    setText(part(this, ".trouble-state"), pausedItself(upload) ? "paused itself" : "nothing accepted");
    setText(part(this, ".trouble-why"), whyOf(upload));
    setText(part(this, ".trouble-more"), more > 0 ? `And ${count(more, "more file")}` : "");
    show(part(this, ".trouble-more"), more > 0);
    setAttribute(part(this, '[data-action="dismiss"]'), "aria-label", `Dismiss what is said of ${visible(upload.name)}`);
  }
}

/** @param {Upload} upload */
const keyOf = ({ id, state }) => `${state} ${id}`;
