import { act } from "../../paint/action.js";
import { trueText } from "../../paint/foreign.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { orderOf } from "./outcome.js";
import { steer } from "./steer.js";
import { UploadRow } from "./upload_row.js";

/** @typedef {import("../../store.js").Upload} Upload */

/**
 * Show the uploads that matter now, and do what their buttons say.
 * @param {import("../../page_element.js").PageElement} place
 * @param {import("../../ports.js").Ports} ports
 */
export function begin(place, { store, painter, startOver }) {
  const { signal } = place;
  const most = Number(place.dataset.most);
  /** @type {KeyedList<Upload>} */
  const list = new KeyedList(part(place, ".uploads-list"), "upload", UploadRow);
  const paint = () => {
    const { items, total } = store.uploads;
    const order = orderOf(store).slice(0, most);
    list.paint(order, (key) => /** @type {Upload} */ (items.get(key)));
    show(part(place, '[data-empty="uploads"]'), order.length === 0);
    show(part(place, '[data-more="uploads"]'), total > order.length);
    for (const node of document.querySelectorAll(".uploads-total")) setText(node, number(total));
  };
  store.watch(({ uploads }) => {
    if (uploads) painter.ask(paint);
  }, signal);
  hearButtons(place, signal, ({ dataset: { action = "" } }, upload) => steer(action, upload, startOver));
  if (store.ready) painter.ask(paint);
}

/**
 * The upload as the person sees it: a row of the server's is there, and can be acted on, before the first frame.
 * @param {HTMLElement} row
 */
export function seen(row) {
  return { id: row.dataset.upload ?? "", name: trueText(part(row, ".upload-name .foreign")) };
}

/**
 * Do what the buttons of the rows say, each once.
 * @param {HTMLElement} list
 * @param {AbortSignal} signal
 * @param {(button: HTMLElement, upload: {id: string, name: string}) => unknown} work
 */
export function hearButtons(list, signal, work) {
  list.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[data-action]");
    const row = button?.closest("[data-upload]");
    if (!(button instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
    act(event, button, row, () => work(button, seen(row)));
  }, { signal });
}
