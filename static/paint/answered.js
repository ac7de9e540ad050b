import { complain } from "./patch.js";

/** The server answers again: what said that it did not is not true any more. */
export function answered() {
  for (const words of document.querySelectorAll(".error:not([hidden]) .error-words")) {
    const place = words.closest(".error")?.parentElement;
    if (place && words.textContent?.startsWith("The server did not answer")) complain(place, "");
  }
}
