import { part, setAttribute, setText } from "./patch.js";

/** @typedef {import("../main.js").Ports} Ports */

/** Whether the page hears the server. */
export class ConnectionBadge extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ connection }) {
    // Not by the painter: a hidden tab must say that it is offline too.
    const paint = () => {
      setAttribute(this, "data-connection", connection.state);
      setText(part(this, ".badge-word"), connection.state);
    };
    connection.addEventListener("state", paint, { signal: this.#life.signal });
    paint();
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}

/** What the flow does. */
export class FlowBadge extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ store, painter }) {
    const paint = () => {
      if (!store.flow) return;
      setAttribute(this, "data-flow", store.flow.state);
      setText(part(this, ".badge-word"), `flow ${store.flow.state}`);
      setAttribute(this, "title", store.flow.message ?? "");
    };
    store.watch(({ flow }) => {
      if (flow) painter.ask(paint);
    }, this.#life.signal);
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
