import { setTime } from "../../paint/clock.js";
import { setForeign } from "../../paint/foreign.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";

/** @typedef {import("../../store.js").Cart} Cart */

const NOTHING = { unpaid: 0, waiting: 0, paid: 0, oldest_unpaid_at: null, oldest_waiting_at: null };

/**
 * Paint whose cart it is and what it counts, at its head and on its tabs.
 * @param {HTMLElement} detail
 * @param {string} user
 * @param {Cart | undefined} cart  undefined: the user has none
 */
export function paintHead(detail, user, cart) {
  const { unpaid, waiting, paid, oldest_unpaid_at, oldest_waiting_at } = cart ?? NOTHING;
  setForeign(part(detail, ".one-title .foreign"), user);
  if (cart) {
    setAttribute(detail, "data-cart", cart.user_id);
    setAttribute(detail, "data-version", cart.version);
  } else {
    detail.removeAttribute("data-cart");
    detail.removeAttribute("data-version");
  }
  fact(detail, "unpaid", unpaid, oldest_unpaid_at);
  fact(detail, "waiting", waiting, oldest_waiting_at);
  fact(detail, "paid", paid, null);
  setText(part(detail, ".one-all"), number(paid + unpaid));
  const tabs = { open: unpaid, waiting, paid, all: unpaid + waiting + paid };
  for (const [name, many] of Object.entries(tabs)) setText(part(detail, `[data-show="${name}"] .tab-count`), number(many));
  show(part(detail, ".one-facts"), cart !== undefined);
  show(part(detail, ".one-export"), cart !== undefined);
  show(part(detail, ".one-body"), cart !== undefined);
  show(part(detail, '[data-empty="cart"]'), cart === undefined);
}

/**
 * @param {HTMLElement} detail
 * @param {string} name
 * @param {number} many
 * @param {string | null} oldest
 */
function fact(detail, name, many, oldest) {
  const place = part(detail, `[data-fact="${name}"]`);
  setText(part(place, ".one-count"), number(many));
  if (name === "paid") return;
  show(part(place, ".one-age"), oldest !== null);
  setTime(part(place, "time"), oldest ?? "");
}
