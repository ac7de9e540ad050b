/** Writing to the page only what differs from what stands there. Data enters as text, never as markup. */

/**
 * @param {Element} node
 * @param {string | number | bigint} value
 */
export function setText(node, value) {
  const text = String(value);
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string | number | bigint} value
 */
export function setAttribute(node, name, value) {
  const text = String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/**
 * @param {HTMLElement} node
 * @param {boolean} visible
 */
export function show(node, visible) {
  if (node.hidden !== visible) return;
  const held = !visible && node.contains(document.activeElement);
  node.hidden = !visible;
  if (held) handOn(node);
}

/** Who was at something that is done goes on at what holds it. @param {Element} node */
export function handOn(node) {
  const place = node.parentElement?.closest('[tabindex="-1"]') ?? part(document, "#view");
  /** @type {HTMLElement} */ (place).focus({ preventScroll: true });
}

/**
 * Let a list hold its elements in this order. What holds the focus or a selection stays put, and the others move
 * around it.
 * @param {Element} list
 * @param {readonly Element[]} wanted  all that it holds, and what is new
 */
export function putInOrder(list, wanted) {
  const parted = wanted.findIndex((each, at) => each !== list.children[at]);
  if (parted < 0) return;
  const rest = wanted.slice(parted);
  const used = [document.activeElement, getSelection()?.anchorNode ?? null];
  const at = rest.findIndex((each) => used.some((node) => each.contains(node)));
  const still = rest[at];
  for (const each of rest.slice(0, Math.max(0, at))) still?.before(each);
  // Put down anew, all of them: what is pushed about one by one is laid out as often, and seen to move as often.
  list.append(...rest.slice(at + 1));
}

/**
 * Say what went wrong where the person acted, until they act again or dismiss it.
 * @param {Element} place  the element that holds the `.error`
 * @param {string} message  empty: nothing did
 */
export function complain(place, message) {
  const error = part(place, ".error");
  setText(part(error, ".error-words"), message);
  show(error, message !== "");
}

export const UNHEARD = "The server did not answer. Try again when the page is live.";

/**
 * Take a complaint away; the focus goes to the first control of its place.
 * @param {Event} event  a click anywhere
 */
export function dismiss({ target }) {
  const error = target instanceof Element ? target.closest("[data-dismiss]")?.closest(".error") : null;
  const place = error?.parentElement;
  if (!place) return;
  complain(place, "");
  const controls = /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("button, select, input, a[href]"));
  [...controls].find((control) => control.checkVisibility())?.focus({ preventScroll: true });
}

/**
 * A part that the template promises.
 * @param {ParentNode} place
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function part(place, selector) {
  const found = place.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector} in ${place}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * A fresh row, cloned from the template that the server renders its rows by.
 * @param {string} name  chip, cart, upload or skipped
 * @returns {HTMLElement}
 */
export function fresh(name) {
  const template = /** @type {HTMLTemplateElement} */ (part(document, `template[data-row="${name}"]`));
  return document.importNode(part(template.content, "*"), true);
}
