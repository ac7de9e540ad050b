/** An element of the page: it is started with what it reaches the rest by, and what it began ends when it leaves. */
export class PageElement extends HTMLElement {
  #life = new AbortController();

  /** Ends with the element's time on the page: for its listeners, and for what it awaits. */
  get signal() {
    return this.#life.signal;
  }

  /** @param {import("./ports.js").Ports} _ports */
  start(_ports) {}

  disconnectedCallback() {
    this.#life.abort();
  }
}
