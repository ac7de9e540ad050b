import { PageElement } from "../../page_element.js";
import { part, setAttribute, setText } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

const WORDS = { connecting: "Connecting", live: "Live", stale: "Silent", offline: "Offline" };

/** Whether the page hears the server. */
export class ConnectionBadge extends PageElement {
  /** @override @param {Ports} ports */
  start({ connection }) {
    // Not by the painter: a hidden tab must say that it is offline too.
    const paint = () => {
      setAttribute(this, "data-connection", connection.state);
      setText(part(this, ".badge-word"), connection.rests ? "Signed out" : WORDS[connection.state]);
      setAttribute(this, "title", connection.reason);
    };
    connection.addEventListener("state", paint, { signal: this.signal });
    paint();
  }
}

/** What the flow does; more of it is one click away. */
export class FlowBadge extends PageElement {
  /** @override @param {Ports} ports */
  start({ store, painter }) {
    const badge = part(this, "[data-flow]");
    const paint = () => {
      if (!store.flow) return;
      setAttribute(badge, "data-flow", store.flow.state);
      setText(part(badge, ".badge-word"), `Flow ${store.flow.state}`);
      setAttribute(badge, "title", store.flow.message ?? "");
      badge.toggleAttribute("data-notice", store.flow.state === "running" && Boolean(store.flow.message));
    };
    store.watch(({ flow }) => {
      if (flow) painter.ask(paint);
    }, this.signal);
  }
}
