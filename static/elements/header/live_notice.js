import { PageElement } from "../../page_element.js";
import { exactTime } from "../../paint/clock.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count } from "../../paint/words.js";

/** How long the page may be behind before it is said to be: a recovery of a second moves and greys nothing. */
const GRACE_MS = 1_000;

/** Beside the badges: of when the facts are while they are not of now, and when the server is tried again. */
export class LiveNotice extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start({ store, connection, painter }) {
    const { signal } = this;
    let timer = 0;
    let isLong = false;
    const paint = () => {
      const since = isLong ? sinceOf(connection, store) : null;
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
      isLong &&= isBehind;
      if (!isBehind) clearInterval(timer);
      // Painted again and again: the next try comes nearer.
      timer = isBehind ? timer || setInterval(() => {
        isLong = true;
        painter.ask(paint);
      }, GRACE_MS) : 0;
      painter.ask(paint);
    };
    store.watch(look, signal);
    connection.addEventListener("state", look, { signal });
    signal.addEventListener("abort", () => clearInterval(timer));
    part(this, '[data-action="retry"]').addEventListener("click", () => connection.wake(), { signal });
  }
}

/**
 * Since when the facts are not those of now; null where they are.
 * @param {import("../../connection.js").Connection} connection
 * @param {import("../../store.js").Store} store
 */
function sinceOf({ state }, { flow, at }) {
  if (state === "offline" || state === "stale") return at;
  return !flow || flow.state === "running" ? null : flow.since;
}
