import { PageElement } from "../../page_element.js";
import { complain, part, setAttribute, setText, show } from "../../paint/patch.js";
import { ageWords } from "../../paint/words.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** How long typing must rest before the carts are asked for. */
const REST_MS = 150;
const AWAY = "No connection: what is chosen is asked for once it is live.";

/** The search, filter and order of the carts; what they say stands in the address bar. */
export class CartSearch extends PageElement {
  #typing = 0;
  /** Whether somebody has typed over the search that was put into the field. */
  #isTyped = false;
  #asked = 0;

  /** @override @param {Ports} ports */
  start(ports) {
    const { place, connection, keys } = ports;
    const { signal } = this;
    const form = this.#form;
    const input = this.#input;
    const go = (/** @type {boolean} */ replace) => {
      clearTimeout(this.#typing);
      const said = new FormData(form);
      const [filter, sort] = ["filter", "sort"].map((name) => String(said.get(name)));
      // A field of one line cannot hold each id that can be searched for: what was not typed over stays.
      const search = this.#isTyped ? input.value : place.window.search;
      place.go({ search, filter, sort }, { replace });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go(true);
      place.seek(place.window.search || null);
      this.#find(ports);
    }, { signal });
    form.addEventListener("change", ({ target }) => {
      if (target !== input) go(false);
    }, { signal });
    input.addEventListener("input", () => {
      this.#isTyped = true;
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => go(true), REST_MS);
    }, { signal });
    place.addEventListener("move", () => {
      complain(this, connection.state === "offline" ? AWAY : "");
      this.#follow(place.window);
      this.#find(ports);
    }, { signal });
    place.addEventListener("stay", () => this.#follow(place.window), { signal });
    connection.hear((frame) => {
      if (frame?.type === "error") complain(this, frame.error.message);
    }, signal);
    connection.addEventListener("return", () => {
      complain(this, "");
      this.#find(ports);
    }, { signal });
    part(this, '[data-action="any-age"]').addEventListener("click", (event) => {
      event.preventDefault();
      place.go({ older: null });
      input.focus();
    }, { signal });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      /** @type {HTMLElement | null} */ (document.querySelector('.carts-list [tabindex="0"]'))?.focus();
    }, { signal });
    this.#offerHold(ports, signal);
    keys.on("/", (event) => {
      event.preventDefault();
      input.select();
      input.focus();
    }, signal);
    for (const [at, filter] of ["all", "unpaid", "paid", "waiting"].entries()) {
      keys.on(String(at + 1), () => place.go({ filter }), signal);
    }
    this.#follow(place.window);
  }

  /** @override */
  disconnectedCallback() {
    clearTimeout(this.#typing);
    super.disconnectedCallback();
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (part(this, "form"));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this, "[name=search]"));
  }

  /**
   * @param {Ports} ports
   * @param {AbortSignal} signal
   */
  #offerHold({ place }, signal) {
    const button = part(this, '[data-action="hold"]');
    const paint = () => {
      setAttribute(button, "aria-pressed", String(place.held));
      setText(button, place.held ? "Held" : "Hold");
    };
    show(button, true);
    button.addEventListener("click", () => place.hold(!place.held), { signal });
    place.addEventListener("hold", paint, { signal });
    paint();
  }

  /**
   * Show what the address bar says, of what there is to choose; else what comes first. Never takes
   * away what is being typed.
   * @param {import("../../address.js").Window} window
   */
  #follow({ search, filter, sort, older }) {
    const form = this.#form;
    const input = this.#input;
    if (input !== document.activeElement) {
      input.value = search;
      this.#isTyped = false;
    }
    /** @type {RadioNodeList} */ (form.elements.namedItem("filter")).value = filter;
    /** @type {HTMLSelectElement} */ (form.elements.namedItem("sort")).value = sort;
    show(part(this, ".aged"), older !== null);
    setText(part(this, ".aged-for"), ageWords(Number(older)));
    setAttribute(part(this, '[data-action="any-age"]'), "data-filter", filter);
  }

  /**
   * Tell in which carts there is an order of exactly the text that the address asks for.
   * @param {Ports} ports
   */
  async #find({ place }) {
    const { order } = place;
    const asked = (this.#asked += 1);
    const found = part(this, ".found");
    if (order === null) {
      show(found, false);
      return;
    }
    try {
      const { tellFound } = await import("./found_orders.js");
      await tellFound(found, order, () => asked === this.#asked);
    } catch (refusal) {
      if (asked === this.#asked) complain(this, /** @type {Error} */ (refusal).message);
    }
  }
}
