import { complain, part } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** How long typing must rest before the carts are asked for. */
const REST_MS = 150;

/** The search, filter and order of the carts; what they say stands in the address bar. */
export class CartSearch extends HTMLElement {
  #life = new AbortController();
  #typing = 0;
  /** What the field made of the search that was put into it. */
  #shown = "";

  /** @param {Ports} ports */
  start({ place, connection }) {
    const { signal } = this.#life;
    const form = /** @type {HTMLFormElement} */ (part(this, "form"));
    const input = /** @type {HTMLInputElement} */ (part(form, "[name=search]"));
    const go = (/** @type {boolean} */ replace) => {
      clearTimeout(this.#typing);
      const said = new FormData(form);
      const [filter, sort] = ["filter", "sort"].map((name) => String(said.get(name)));
      // A field of one line cannot hold each id that can be searched for: what was not typed over stays.
      const search = input.value === this.#shown ? place.window.search : input.value;
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
    place.addEventListener("move", () => {
      complain(this, "");
      this.#follow(form, input, place.window);
    }, { signal });
    place.addEventListener("stay", () => this.#follow(form, input, place.window), { signal });
    connection.hear((frame) => {
      if (frame?.type === "error") complain(this, frame.error.message);
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
    if (input !== document.activeElement) {
      input.value = search;
      this.#shown = input.value;
    }
    /** @type {RadioNodeList} */ (form.elements.namedItem("filter")).value = filter;
    /** @type {HTMLSelectElement} */ (form.elements.namedItem("sort")).value = sort;
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.closest("input[type=search], textarea, select, dialog") !== null;
}
