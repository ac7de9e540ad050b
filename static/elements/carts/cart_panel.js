import { cartAddress } from "../../address.js";
import { complain, part, show } from "../../paint/patch.js";
import { elements } from "../../views/cart.js";
import { fetchDetail } from "../cart/fetched_detail.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/**
 * Show the cart that stands beside the list, whichever it is, until it is closed.
 * @param {import("../../page_element.js").PageElement} panel
 * @param {Ports} ports
 */
export function begin(panel, ports) {
  const { place, keys } = ports;
  const { signal } = panel;
  let visit = new AbortController();
  for (const [name, element] of Object.entries(elements)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
  const follow = () => {
    visit.abort();
    visit = new AbortController();
    fill(panel, ports, AbortSignal.any([visit.signal, signal]));
  };
  const close = () => {
    const { cart } = place;
    if (cart === null) return;
    const held = panel.contains(document.activeElement);
    place.look(null);
    if (!held) return;
    // Where its row has left the list meanwhile, at the row that the tab key comes to.
    const ways = [`[data-cart="${CSS.escape(cart)}"] .cart-user`, '[tabindex="0"]'];
    const rows = /** @type {(HTMLElement | null)[]} */ (ways.map((way) => document.querySelector(`.carts-list ${way}`)));
    rows.find(Boolean)?.focus({ preventScroll: true });
  };
  place.addEventListener("look", follow, { signal });
  keys.on("Escape", close, signal);
  part(panel, '[data-action="close"]').addEventListener("click", close, { signal });
  const rendered = panel.querySelector("cart-detail");
  if (rendered) /** @type {import("../../page_element.js").PageElement} */ (rendered).start(ports);
  else follow();
}

/**
 * @param {HTMLElement} panel
 * @param {Ports} ports
 * @param {AbortSignal} until
 */
async function fill(panel, ports, until) {
  const user = ports.place.cart;
  const body = part(panel, ".beside-body");
  complain(panel, "");
  show(panel, user !== null);
  body.replaceChildren();
  if (user === null) return;
  try {
    const detail = await fetchDetail(cartAddress(user), until);
    if (until.aborted) return;
    body.replaceChildren(detail);
    detail.start(ports);
    ports.clock.tell();
  } catch (refusal) {
    if (!until.aborted) complain(panel, /** @type {Error} */ (refusal).message);
  }
}
