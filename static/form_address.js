/**
 * The address that a form asks for; what is empty is left out.
 * @param {HTMLFormElement} form
 */
export function addressOf(form) {
  const { pathname } = new URL(form.action);
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(/** @type {[string, string][]} */ (said));
  return query.size > 0 ? `${pathname}?${query}` : pathname;
}
