/** Rows that the server rendered need no script until it tells something else than they do. */

/** @typedef {import("../../ports.js").Ports} Ports */

/** The states that an upload stays in. */
export const ENDED = new Set(["done", "cancelled", "failed"]);

/**
 * Whether an upload moves, or others are told of than there are rows.
 * @param {Ports} ports
 * @param {HTMLElement} list
 */
export function uploadsMove({ store: { ready, uploads } }, list) {
  const rows = rowsOf(list, "upload");
  if (list.hasAttribute("data-fixed")) return [...rows.values()].some((state) => !ENDED.has(state));
  const told = uploads.order.slice(0, Number(list.dataset.most ?? Infinity));
  return ready && (isOther(told, uploads.items, rows) || told.some((key) => !ENDED.has(rows.get(key) ?? "")));
}

/**
 * @param {Ports} ports
 * @param {HTMLElement} list
 */
export function othersWereSkipped({ store: { ready, skipped } }, list) {
  return ready && isOther(skipped.order, skipped.items, rowsOf(list, "skipped"));
}

/**
 * @param {readonly string[]} told
 * @param {ReadonlyMap<string, {state: string}>} items
 * @param {Map<string, string>} rows
 */
const isOther = (told, items, rows) =>
  told.length !== rows.size || told.some((key) => items.get(key)?.state !== rows.get(key));

/**
 * @param {HTMLElement} list
 * @param {"upload" | "skipped"} name  of what a row is of
 * @returns {Map<string, string>} the state of each, by its id
 */
function rowsOf(list, name) {
  const rows = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(`[data-${name}]`)]);
  return new Map(rows.map(({ dataset }) => [dataset[name] ?? "", dataset.state ?? ""]));
}
