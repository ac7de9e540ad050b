import { asked, pathOf } from "./address.js";

/**
 * The address that a form asks for; what is empty is left out.
 * @param {HTMLFormElement} form
 */
export function addressOf(form) {
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  return asked(pathOf(new URL(form.action)), new URLSearchParams(/** @type {[string, string][]} */ (said)));
}
