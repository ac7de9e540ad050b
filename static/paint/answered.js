import { complain, part, show } from "./patch.js";

/**
 * The server answers again: what said that it did not is not true any more. It may be another version of it: an upgrade
 * is a restart, so only a page that was away can be behind.
 */
export async function answered() {
  for (const words of document.querySelectorAll(".error:not([hidden]) .error-words")) {
    const place = words.closest(".error")?.parentElement;
    if (place && words.textContent?.startsWith("The server did not answer")) complain(place, "");
  }
  const version = await (await fetch("/static/version")).text();
  const notice = part(document, "upgrade-notice");
  part(notice, "button").onclick = () => location.reload();
  show(notice, !import.meta.url.includes(`/${version}/`));
}
