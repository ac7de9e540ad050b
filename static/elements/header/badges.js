import { part, setAttribute, setText } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

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

/** What the flow does; more of it is one click away. */
export class FlowBadge extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ store, painter, recovery }) {
    const button = part(this, "[data-flow]");
    const paint = () => {
      if (!store.flow) return;
      setAttribute(button, "data-flow", store.flow.state);
      setText(part(button, ".badge-word"), `flow ${store.flow.state}`);
      setAttribute(button, "title", store.flow.message ?? "");
    };
    button.addEventListener("click", recovery, { signal: this.#life.signal });
    store.watch(({ flow }) => {
      if (flow) painter.ask(paint);
    }, this.#life.signal);
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
