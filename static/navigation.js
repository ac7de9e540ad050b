import { pathOf } from "./address.js";
import { complain, part, setAttribute, UNHEARD } from "./paint/patch.js";

/** After this long a visit that is under way is shown to be. */
const PATIENCE_MS = 250;

/** @typedef {{elements: Record<string, CustomElementConstructor>}} ViewModule  what each `views/NAME.js` exports */

/**
 * Going from one view to another in place: the new one is rendered by the server, and only `<main>` is exchanged. So
 * a lost connection leaves the last facts on the screen.
 */
export class Navigation {
  #ports;
  #visit = new AbortController();
  #shown = "";
  /** Whether the browser went back to what could not be shown: that is made up for. */
  #isOwed = false;

  /** @param {import("./ports.js").Ports} ports */
  constructor(ports) {
    this.#ports = ports;
  }

  /** The name of the view that is shown. */
  get view() {
    return this.#main.dataset.view ?? "";
  }

  /** Follow links within the page from now on, and start the view that the server has rendered. */
  async start() {
    history.scrollRestoration = "manual";
    this.#shown = hrefOf(location);
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("submit", (event) => this.#submit(event));
    addEventListener("popstate", () => this.#back());
    const { connection, store } = this.#ports;
    store.watch(({ reset }) => {
      // What was rendered of the generation before, and is not told of by frames.
      if (reset && this.#main.querySelector("[data-of-generation]")) this.go(hrefOf(location), { replace: true });
    });
    connection.addEventListener("state", () => {
      if (connection.state === "live" && this.#isOwed) this.#back();
    });
    await this.#begin(this.view);
  }

  /**
   * Show what is at another address.
   * @param {string} address  a path of this server, with its query
   * @param {{replace?: boolean}} [how]  replace: no new entry for the back button, as while somebody types
   * @returns {Promise<boolean>} whether it is shown now; not where the server does not answer, or another visit came after
   */
  go(address, { replace = false } = {}) {
    return this.#go(address, () => {
      if (replace) history.replaceState(null, "", address);
      else {
        history.replaceState({ ...history.state, scroll: scrollY }, "");
        history.pushState(null, "", address);
      }
    }, { top: replace ? null : 0 });
  }

  get #main() {
    return part(document, "#view");
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || !isView(link)) return;
    event.preventDefault();
    this.go(hrefOf(link));
  }

  /** A form that asks for a page is an address, too. @param {SubmitEvent} event */
  async #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "get") return;
    event.preventDefault();
    const { addressOf } = await import("./form_address.js");
    this.go(addressOf(form));
  }

  #back() {
    const address = hrefOf(location);
    this.#visit.abort(); // wherever that led
    this.#main.removeAttribute("aria-busy");
    if (pathOf(location) === "/" && this.view === "carts") {
      this.#ports.place.follow(); // its carts come by the socket
      return;
    }
    if (address === this.#shown) return; // only a part of the page
    this.#isOwed = true;
    this.#go(address, () => {}, { top: history.state?.scroll ?? 0 });
  }

  /**
   * @param {string} address
   * @param {() => void} keep  writes it into the history
   * @param {{top: number | null}} how  where to scroll; null: stay
   */
  async #go(address, keep, { top }) {
    this.#visit.abort();
    const visit = (this.#visit = new AbortController());
    const main = this.#main;
    const late = setTimeout(() => setAttribute(main, "aria-busy", "true"), PATIENCE_MS);
    visit.signal.addEventListener("abort", () => clearTimeout(late));
    try {
      const { dress, exchange, fetched } = await import("./visit.js");
      const page = await fetched(address, visit.signal);
      if (page === null) {
        location.assign(address); // no page of this version: the browser goes there by itself
        return false;
      }
      const view = part(page, "#view").dataset.view ?? "";
      const { elements } = await moduleOf(view);
      await dress(page);
      if (visit.signal.aborted) return false;
      keep();
      this.#isOwed = false;
      this.#shown = address;
      const moved = exchange(main, page, () => {
        const moved = this.#ports.place.follow();
        this.#start(elements);
        return moved;
      });
      this.#ports.clock.tell();
      if (!moved) this.#ports.connection.ask(); // what came between the rendering and now
      if (top !== null) scrollTo({ top });
      return true;
    } catch (error) {
      if (!visit.signal.aborted) {
        if (!(error instanceof TypeError)) throw error;
        complain(part(document, "view-visit"), UNHEARD);
      }
      return false;
    } finally {
      clearTimeout(late);
      if (!visit.signal.aborted) main.removeAttribute("aria-busy");
    }
  }

  /** @param {string} view */
  async #begin(view) {
    const { elements } = await moduleOf(view);
    if (view === this.view) this.#start(elements);
  }

  /** @param {ViewModule["elements"]} elements */
  #start(elements) {
    for (const [name, element] of Object.entries(elements)) {
      if (!customElements.get(name)) customElements.define(name, element);
    }
    for (const name of Object.keys(elements)) {
      /** @type {NodeListOf<import("./page_element.js").PageElement>} */
      const found = this.#main.querySelectorAll(name);
      for (const each of found) each.start(this.#ports);
    }
  }
}

/**
 * @param {string} view
 * @returns {Promise<ViewModule>}
 */
const moduleOf = (view) => import(`./views/${view}.js`);

/** @param {{pathname: string, search: string}} address */
const hrefOf = ({ pathname, search }) => pathname + search;

/** Whether a link is one to a view of this page. @param {HTMLAnchorElement} link */
function isView(link) {
  if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return false;
  if (link.hash && hrefOf(link) === hrefOf(location)) return false;
  const path = pathOf(link);
  return !/^\/(api|static)\/|\.[a-z]+$/.test(path) || path.startsWith("/carts/");
}
