import { cartAddress } from "../../address.js";
import { complain, part, show } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** One cart beside the list of all, which goes on. What shows it is loaded with the first one. */
export class CartPanel extends HTMLElement {
  #life = new AbortController();
  #visit = new AbortController();

  /** @param {Ports} ports */
  start(ports) {
    const { place, keys } = ports;
    const { signal } = this.#life;
    place.addEventListener("look", () => this.#follow(ports), { signal });
    const close = () => {
      if (place.cart === null) return;
      const held = this.contains(document.activeElement);
      place.look(null);
      const row = /** @type {HTMLElement | null} */ (document.querySelector('.carts-list [tabindex="0"]'));
      if (held) row?.focus({ preventScroll: true });
    };
    keys.on("Escape", close, signal);
    part(this, '[data-action="close"]').addEventListener("click", close, { signal });
    this.#follow(ports);
  }

  disconnectedCallback() {
    this.#visit.abort();
    this.#life.abort();
  }

  /** @param {Ports} ports */
  async #follow(ports) {
    this.#visit.abort();
    const visit = (this.#visit = new AbortController());
    const user = ports.place.cart;
    const body = part(this, ".beside-body");
    complain(this, "");
    show(this, user !== null);
    body.replaceChildren();
    if (user === null) return;
    try {
      const [{ elements }, { fetchDetail }] = await Promise.all([
        import("../../views/cart.js"),
        import("../cart/fetched_detail.js"),
      ]);
      const detail = await fetchDetail(cartAddress(user), visit.signal);
      if (visit.signal.aborted) return;
      for (const [name, element] of Object.entries(elements)) {
        if (!customElements.get(name)) customElements.define(name, element);
      }
      body.replaceChildren(detail);
      detail.start(ports);
      ports.clock.tell();
    } catch (refusal) {
      if (!visit.signal.aborted) complain(this, /** @type {Error} */ (refusal).message);
    }
  }
}
