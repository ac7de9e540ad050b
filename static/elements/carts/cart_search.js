import { complain, part } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** How long typing must rest before the carts are asked for. */
const REST_MS = 150;

/** The search, filter and order of the carts; what they say stands in the address bar. */
export class CartSearch extends HTMLElement {
  #life = new AbortController();
  #typing = 0;

  /** @param {Ports} ports */
  start({ place, connection, store }) {
    const { signal } = this.#life;
    const form = /** @type {HTMLFormElement} */ (part(this, "form"));
    const input = /** @type {HTMLInputElement} */ (part(form, "[name=search]"));
    const go = (/** @type {boolean} */ replace) => {
      clearTimeout(this.#typing);
      const said = new FormData(form);
      const [search, filter, sort] = ["search", "filter", "sort"].map((name) => String(said.get(name)));
      place.go({ search, filter, sort }, { replace });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go(true);
    }, { signal });
    form.addEventListener("change", ({ target }) => {
      if (target !== input) go(false);
    }, { signal });
    input.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => go(true), REST_MS);
    }, { signal });
    place.addEventListener("move", () => this.#follow(form, input, place.window), { signal });
    connection.hear((frame) => {
      if (frame?.type === "error") complain(this, frame.error.message);
    }, signal);
    store.watch((change) => {
      if (change.window && place.shows(store.window)) complain(this, "");
    }, signal);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      input.select();
      input.focus();
    }, { signal });
    this.#follow(form, input, place.window);
  }

  disconnectedCallback() {
    clearTimeout(this.#typing);
    this.#life.abort();
  }

  /**
   * Show what the address bar says, of what there is to choose; else what comes first. Never takes
   * away what is being typed.
   * @param {HTMLFormElement} form
   * @param {HTMLInputElement} input
   * @param {import("../../address.js").Window} window
   */
  #follow(form, input, { search, filter, sort }) {
    if (input !== document.activeElement) input.value = search;
    const filters = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=filter]")]);
    for (const [at, each] of filters.entries()) {
      each.checked = each.value === filter || (at === 0 && filters.every(({ value }) => value !== filter));
    }
    const sorts = /** @type {HTMLSelectElement} */ (form.elements.namedItem("sort"));
    sorts.value = sort;
    sorts.selectedIndex = Math.max(0, sorts.selectedIndex);
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input[type=search], textarea, select, dialog") !== null;
}
