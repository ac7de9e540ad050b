import { exactTime } from "../../paint/clock.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** Above the carts: why they are not live, and of when they are. Old facts never pass for new ones. */
export class LiveNotice extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ store, connection, painter }) {
    const { signal } = this.#life;
    const paint = () => this.#paint(reasonOf(connection, store));
    store.watch(() => painter.ask(paint), signal);
    connection.addEventListener("state", () => painter.ask(paint), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** @param {{text: string, since: string} | null} reason */
  #paint(reason) {
    show(this, reason !== null);
    setAttribute(document.body, "data-fresh", String(reason === null));
    if (!reason) return;
    setText(part(this, ".notice-text"), reason.text);
    setText(part(this, ".notice-what"), "Carts as last known, as of");
    const time = /** @type {HTMLTimeElement} */ (part(this, ".notice-time"));
    // Before the first frame, what the server rendered is what is known.
    setAttribute(time, "datetime", reason.since || time.dateTime);
    setText(time, exactTime(time.dateTime));
  }
}

/**
 * @param {Ports["connection"]} connection
 * @param {Ports["store"]} store
 */
function reasonOf({ state, reason }, { flow, at }) {
  if (state === "offline") {
    const why = reason ? `: ${reason}` : "";
    return { text: `No connection to the server${why}. Trying again by itself.`, since: at };
  }
  if (state === "stale") return { text: "Connected, but the server has gone silent.", since: at };
  if (!flow || flow.state === "running") return null;
  const why = flow.message ? `: ${flow.message}` : ".";
  return { text: `The flow is ${flow.state}${why}`, since: flow.since };
}
