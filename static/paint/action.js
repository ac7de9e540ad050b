import { complain, setAttribute, UNHEARD } from "./patch.js";

/**
 * Do what a button says, once: its other clicks are passed over while it runs, and so are those of a double click,
 * however soon the server answers. The button keeps the focus; what was refused is told at the place.
 * @param {MouseEvent} event  the click
 * @param {HTMLElement} button
 * @param {Element} place  what holds the `.error`
 * @param {() => unknown} work
 */
export async function act(event, button, place, work) {
  if (event.detail > 1 || button.getAttribute("aria-disabled") === "true") return;
  setAttribute(button, "aria-disabled", "true");
  await tell(place, work);
  button.removeAttribute("aria-disabled");
}

/**
 * Do some work whenever a button is pressed, as `act` does.
 * @param {Element} place  what holds the button and the `.error`
 * @param {string} action
 * @param {() => unknown} work
 * @param {AbortSignal} signal
 * @returns {HTMLElement | null} the button; null where this browser may not do that, and so has none
 */
export function onPress(place, action, work, signal) {
  const button = /** @type {HTMLElement | null} */ (place.querySelector(`[data-action="${action}"]`));
  button?.addEventListener("click", (event) => act(event, button, place, work), { signal });
  return button;
}

/**
 * Do something, and tell at its place what was refused.
 * @param {Element} place  what holds the `.error`
 * @param {() => unknown} work
 */
export async function tell(place, work) {
  complain(place, "");
  try {
    await work();
  } catch (refusal) {
    // Code that does not come is an error of types.
    complain(place, refusal instanceof TypeError ? UNHEARD : /** @type {Error} */ (refusal).message);
  }
}

/**
 * A key that is held down presses a button once.
 * @param {KeyboardEvent} event
 */
export function pressOnce(event) {
  const { target } = event;
  if (event.repeat && event.key === "Enter" && target instanceof Element && target.closest("button")) {
    event.preventDefault();
  }
}

/**
 * Do what leaving the page would end: until it is done, the browser asks before it follows a link or closes.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function holdPage(work) {
  const ask = (/** @type {Event} */ event) => event.preventDefault();
  addEventListener("beforeunload", ask);
  try {
    return await work();
  } finally {
    removeEventListener("beforeunload", ask);
  }
}
