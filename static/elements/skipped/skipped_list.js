import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { reasons } from "../../paint/record_words.js";
import { number } from "../../paint/words.js";
import { SkippedRow } from "./skipped_row.js";

/** @typedef {import("../../store.js").Skipped} Skipped */

/**
 * Show the newest skipped records, and how many there are of each kind.
 * @param {import("../../page_element.js").PageElement} place
 * @param {import("../../ports.js").Ports} ports
 */
export function begin(place, { store, painter }) {
  /** @type {KeyedList<Skipped>} */
  const list = new KeyedList(part(place, ".skipped-items"), "skipped", SkippedRow);
  const paint = () => {
    const { order, items, total } = store.skipped;
    list.paint(order, (key) => /** @type {Skipped} */ (items.get(key)));
    for (const node of place.querySelectorAll(".skipped-total")) setText(node, number(total));
    setText(part(place, ".reasons"), reasons(store.byReason));
    show(part(place, ".reasons"), total > 0);
    show(part(place, '[data-empty="skipped"]'), total === 0);
    show(part(place, '[data-more="skipped"]'), total > order.length);
  };
  store.watch(({ skipped }) => {
    if (skipped) painter.ask(paint);
  }, place.signal);
  if (store.ready) painter.ask(paint);
}
