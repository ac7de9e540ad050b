import { PageElement } from "../../page_element.js";
import { exactTime } from "../../paint/clock.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count } from "../../paint/words.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** How long the page may be behind before it is said to be: a recovery of a second moves and greys nothing. */
const GRACE_MS = 1_000;

/** Beside the badges: of when the facts are while they are not of now, and when the server is tried again. */
export class LiveNotice extends PageElement {
  #timer = 0;
  #behind = false;

  /** @override @param {Ports} ports */
  start({ store, connection, painter }) {
    const { signal } = this;
    const paint = () => {
      const since = this.#behind ? sinceOf(connection, store) : null;
      show(this, since !== null);
      setAttribute(document.body, "data-fresh", String(since === null));
      if (since === null) return;
      const time = /** @type {HTMLTimeElement} */ (part(this, ".asof-time"));
      // Before the first frame, what the server rendered is what is known.
      setAttribute(time, "datetime", since || time.dateTime);
      setText(time, exactTime(time.dateTime));
      const wait = connection.nextTry();
      setText(part(this, ".asof-next"), wait === null ? "" : `next try in ${count(Math.ceil(wait / 1000), "second")}`);
      show(part(this, ".asof-next"), wait !== null);
      show(part(this, '[data-action="retry"]'), wait !== null);
    };
    const look = () => {
      const isBehind = sinceOf(connection, store) !== null;
      if (isBehind === this.#behind && !isBehind) clearTimeout(this.#timer);
      if (!isBehind) this.#end(painter, paint);
      else if (!this.#behind && this.#timer === 0) this.#timer = setTimeout(() => this.#begin(painter, paint), GRACE_MS);
      else painter.ask(paint);
    };
    store.watch(look, signal);
    connection.addEventListener("state", look, { signal });
    part(this, '[data-action="retry"]').addEventListener("click", () => connection.wake(), { signal });
  }

  /** @override */
  disconnectedCallback() {
    clearTimeout(this.#timer);
    super.disconnectedCallback();
  }

  /**
   * @param {Ports["painter"]} painter
   * @param {() => void} paint
   */
  #begin(painter, paint) {
    this.#behind = true;
    painter.ask(paint);
    this.#timer = setTimeout(() => this.#begin(painter, paint), GRACE_MS); // the next try comes nearer
  }

  /**
   * @param {Ports["painter"]} painter
   * @param {() => void} paint
   */
  #end(painter, paint) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#behind) painter.ask(paint);
    this.#behind = false;
  }
}

/**
 * Since when the facts are not those of now; null where they are.
 * @param {Ports["connection"]} connection
 * @param {Ports["store"]} store
 */
function sinceOf({ state }, { flow, at }) {
  if (state === "offline" || state === "stale") return at;
  return !flow || flow.state === "running" ? null : flow.since;
}
