import { asked } from "../../address.js";
import { restartFlow, signOut } from "../../api/server.js";
import { onPress } from "../../paint/action.js";
import { complain, part, setAttribute } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/**
 * Downloads, and what is done to the whole: restart the flow, start over, sign out. What this browser may not do is not
 * there.
 * @param {import("../../page_element.js").PageElement} place
 * @param {Ports} ports
 */
export function begin(place, { place: where, keys, startOver }) {
  const { signal } = place;
  const sheet = part(place, "[popover]");
  onPress(place, "restart", async () => {
    await restartFlow();
    sheet.hidePopover();
  }, signal);
  onPress(place, "sign-out", async () => {
    await signOut();
    location.reload();
  }, signal);
  onPress(place, "start-over", () => {
    sheet.hidePopover();
    return startOver();
  }, signal);
  const single = part(place, '[data-action="keys"]');
  const tell = () => setAttribute(single, "aria-pressed", String(!keys.off));
  single.addEventListener("click", () => {
    keys.off = !keys.off;
    tell();
  }, { signal });
  tell();
  sheet.addEventListener("beforetoggle", () => complain(place, ""), { signal });
  place.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest("a[href]")) sheet.hidePopover();
  }, { signal });
  const follow = () => setAttribute(part(place, "[data-export=carts]"), "href", exportAddress(where.window));
  where.addEventListener("move", follow, { signal });
  follow();
}

/**
 * The download of all carts in a window's search and filter, or of its one cart.
 * @param {import("../../address.js").Window} window
 */
export function exportAddress({ search, filter, older, user }) {
  const query = new URLSearchParams(user === null ? { search, filter } : { user });
  if (user === null && older) query.set("older", older);
  return asked("/api/carts.jsonl", query);
}
