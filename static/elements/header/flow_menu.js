import { restartFlow } from "../../api/server.js";
import { PageElement } from "../../page_element.js";
import { act } from "../../paint/action.js";
import { complain, part, setAttribute } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** Downloads, and what is done to the whole: restart the flow, start over. */
export class FlowMenu extends PageElement {
  /** @override @param {Ports} ports */
  start({ place, keys, startOver }) {
    const { signal } = this;
    const sheet = part(this, "[popover]");
    const restart = part(this, '[data-action="restart"]');
    const work = async () => {
      await restartFlow();
      sheet.hidePopover();
    };
    restart.addEventListener("click", (event) => act(event, restart, this, work), { signal });
    const single = part(this, '[data-action="keys"]');
    const tell = () => setAttribute(single, "aria-pressed", String(!keys.off));
    single.addEventListener("click", () => {
      keys.off = !keys.off;
      tell();
    }, { signal });
    tell();
    sheet.addEventListener("beforetoggle", () => complain(this, ""), { signal });
    part(this, '[data-action="start-over"]').addEventListener("click", () => {
      sheet.hidePopover();
      startOver();
    }, { signal });
    this.addEventListener("click", ({ target }) => {
      if (/** @type {Element} */ (target).closest("a[href]")) sheet.hidePopover();
    }, { signal });
    const follow = () => setAttribute(part(this, "[data-export=carts]"), "href", exportAddress(place.window));
    place.addEventListener("move", follow, { signal });
    follow();
  }
}

/**
 * The download of all carts in a window's search and filter, or of its one cart.
 * @param {import("../../address.js").Window} window
 */
export function exportAddress({ search, filter, older, user }) {
  const query = new URLSearchParams(user === null ? { search, filter } : { user });
  if (user === null && older) query.set("older", older);
  return `/api/carts.jsonl?${query}`;
}
