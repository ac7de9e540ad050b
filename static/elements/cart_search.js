import { complain, part } from "./patch.js";

/** @typedef {import("../main.js").Ports} Ports */

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
    const search = /** @type {HTMLInputElement} */ (part(form, "[name=search]"));
    const go = (/** @type {boolean} */ replace) => {
      clearTimeout(this.#typing);
      const said = new FormData(form);
      place.go({ search: String(said.get("search")), filter: String(said.get("filter")), sort: String(said.get("sort")) }, { replace });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go(true);
    }, { signal });
    form.addEventListener("change", ({ target }) => {
      if (target !== search) go(false);
    }, { signal });
    search.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => go(true), REST_MS);
    }, { signal });
    place.addEventListener("move", () => this.#follow(form, search, place.window), { signal });
    connection.addEventListener("frame", ({ detail }) => {
      if (detail?.type === "error") complain(this, detail.error.message);
    }, { signal });
    store.addEventListener("change", ({ detail }) => {
      if (detail.window) complain(this, "");
    }, { signal });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      search.select();
      search.focus();
    }, { signal });
    this.#follow(form, search, place.window);
  }

  disconnectedCallback() {
    clearTimeout(this.#typing);
    this.#life.abort();
  }

  /**
   * Show what the address bar says. Never takes away what is being typed.
   * @param {HTMLFormElement} form
   * @param {HTMLInputElement} search
   * @param {import("../address.js").Window} window
   */
  #follow(form, search, { search: text, filter, sort }) {
    if (search !== document.activeElement) search.value = text;
    /** @type {RadioNodeList} */ (form.elements.namedItem("filter")).value = filter;
    /** @type {HTMLSelectElement} */ (form.elements.namedItem("sort")).value = sort;
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input[type=search], input[type=text], textarea, select, dialog") !== null;
}
