/** What exchanging one view for another takes: the page, its sheets, and the focus. */

import { part } from "./paint/patch.js";

/**
 * The page at an address; null where it is none that can be put in the place of this one.
 * @param {string} address
 * @param {AbortSignal} signal
 */
export async function fetched(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/html")) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("script[src]")?.getAttribute("src");
  const isOurs = main === part(document, "script[src]").getAttribute("src") && page.querySelector("#view");
  return isOurs ? page : null;
}

/** Take the sheets away that a page does not name: those of another view say nothing of this one. @param {Document} page */
export function undressed(page) {
  const named = [...page.querySelectorAll("link[rel=stylesheet]")].map((each) => each.getAttribute("href"));
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) {
    if (!named.includes(sheet.getAttribute("href"))) sheet.remove();
  }
}

/** Wait until the sheets of a page are in force here, too. @param {Document} page */
export async function dressed(page) {
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
export function focusIn(main) {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !main.contains(active) || !active.id) return null;
  const isTyped = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement;
  const isText = isTyped && ["text", "search", "textarea"].includes(active.type);
  return { id: active.id, value: isText ? active.value : null, caret: isText ? active.selectionStart : null };
}

/**
 * Give the focus back; what was typed meanwhile stays.
 * @param {HTMLElement} main
 * @param {ReturnType<typeof focusIn>} focus
 */
export function refocus(main, focus) {
  const active = document.activeElement;
  if (!focus) return active instanceof HTMLElement && active !== document.body && !main.contains(active);
  const again = document.getElementById(focus.id);
  if (!again || !main.contains(again)) return false;
  again.focus({ preventScroll: true });
  if (focus.value !== null && (again instanceof HTMLInputElement || again instanceof HTMLTextAreaElement)) {
    again.value = focus.value;
    again.setSelectionRange(focus.caret, focus.caret);
  }
  return true;
}
