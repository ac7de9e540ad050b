/** What going from one view to another takes: its page, its sheets, what stands in it, and the focus. */

import { complain, part, setAttribute } from "./paint/patch.js";

/**
 * The page at an address; null where it is none that can be put in the place of this one.
 * @param {string} address
 * @param {AbortSignal} signal
 * @throws {TypeError} where the server gives no page
 */
export async function fetched(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  const isPage = answer.headers.get("Content-Type")?.startsWith("text/html");
  // A server that is busy, or one before it, gives none: what is shown is not given up for that.
  if (!isPage || answer.status === 429 || answer.status >= 500) throw new TypeError(`no page, but ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("script[src]")?.getAttribute("src");
  const isOurs = main === part(document, "script[src]").getAttribute("src") && page.querySelector("#view");
  return isOurs ? page : null;
}

/**
 * Put the view of a page in the place of the one that is shown.
 * @template T
 * @param {HTMLElement} main
 * @param {Document} page
 * @param {() => T} start  starts what stands there now
 */
export function exchange(main, page, start) {
  const focus = focusIn(main);
  const fresh = part(page, "#view");
  complain(part(document, "view-visit"), "");
  main.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
  setAttribute(main, "data-view", fresh.dataset.view ?? "");
  document.title = page.title;
  markSection(page);
  const started = start();
  undress(page);
  if (!refocus(main, focus)) main.focus({ preventScroll: true });
  return started;
}

/** Say where one is. @param {Document} page  whose header says it */
function markSection(page) {
  const current = page.querySelector("[data-nav][aria-current]")?.getAttribute("data-nav");
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.getAttribute("data-nav") === current) setAttribute(link, "aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Wait until the sheets of a page are in force here, too. @param {Document} page */
export async function dress(page) {
  const sheets = /** @type {NodeListOf<HTMLLinkElement>} */ (page.querySelectorAll("link[rel=stylesheet]"));
  const here = [...document.querySelectorAll("link[rel=stylesheet]")].map((each) => each.getAttribute("href"));
  const missing = [...sheets].filter((sheet) => !here.includes(sheet.getAttribute("href")));
  await Promise.all(missing.map((sheet) => new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.onload = resolve;
    link.onerror = () => reject(new TypeError("a sheet did not come"));
    link.href = /** @type {string} */ (sheet.getAttribute("href"));
    document.head.append(link);
  })));
}

/**
 * What holds the focus, to be found again in a view that was rendered anew.
 * @param {HTMLElement} main
 */
function focusIn(main) {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !main.contains(active) || !active.id) return null;
  // What is typed into a longer field is about what stands there, and remembered with that.
  const isText = active instanceof HTMLInputElement && ["text", "search"].includes(active.type);
  return { id: active.id, value: isText ? active.value : null, caret: isText ? active.selectionStart : null };
}

/**
 * Give the focus back; what was typed meanwhile stays.
 * @param {HTMLElement} main
 * @param {ReturnType<typeof focusIn>} focus
 */
function refocus(main, focus) {
  const active = document.activeElement;
  if (!focus) return active instanceof HTMLElement && active !== document.body && !main.contains(active);
  const again = document.getElementById(focus.id);
  if (!again || !main.contains(again)) return false;
  again.focus({ preventScroll: true });
  if (focus.value !== null && again instanceof HTMLInputElement) {
    const isNewer = again.value !== focus.value;
    again.value = focus.value;
    again.setSelectionRange(focus.caret, focus.caret);
    if (isNewer) again.dispatchEvent(new Event("input", { bubbles: true })); // typed while this was on its way
  }
  return true;
}

/** Take the sheets away that a page does not name: those of another view say nothing of this one. @param {Document} page */
function undress(page) {
  const named = [...page.querySelectorAll("link[rel=stylesheet]")].map((each) => each.getAttribute("href"));
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) {
    if (!named.includes(sheet.getAttribute("href"))) sheet.remove();
  }
}
