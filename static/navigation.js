import { complain, part, setAttribute } from "./paint/patch.js";

/** After this long a visit that is under way is shown to be. */
const PATIENCE_MS = 250;
const SILENT = "The server did not answer: what stands here is as last known. Try again when the page is live.";

/** @typedef {{elements: Record<string, CustomElementConstructor>}} ViewModule  what each `views/NAME.js` exports */

/**
 * Going from one view to another in place: the new one is rendered by the server, and only `<main>` is exchanged. So
 * a lost connection leaves the last facts on the screen.
 * Fires `arrive` when another view, or another address of the same one, stands there.
 */
export class Navigation extends EventTarget {
  #ports;
  #visit = new AbortController();
  #shown = "";

  /** @param {import("./ports.js").Ports} ports */
  constructor(ports) {
    super();
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
        history.replaceState({ scroll: scrollY }, "");
        history.pushState(null, "", address);
      }
    }, { top: replace ? null : 0 });
  }

  get #main() {
    return part(document, "#view");
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (event.defaultPrevented || event.button > 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || !isView(link)) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }

  /** A form that asks for a page is an address, too. @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "get") return;
    event.preventDefault();
    this.go(addressOf(form));
  }

  #back() {
    const address = hrefOf(location);
    if (location.pathname === "/" && this.view === "carts") {
      this.#ports.place.follow(); // its carts come by the socket
      return;
    }
    if (address === this.#shown) return; // only a part of the page
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
    try {
      const page = await fetched(address, visit.signal);
      if (page === null) {
        location.assign(address); // no page of this version: the browser goes there by itself
        return false;
      }
      const view = part(page, "#view").dataset.view ?? "";
      const [{ elements }] = await Promise.all([moduleOf(view), dressed(page)]);
      if (visit.signal.aborted) return false;
      keep();
      this.#exchange(page, elements, address, top);
      return true;
    } catch (error) {
      if (!visit.signal.aborted) {
        if (!(error instanceof TypeError)) throw error;
        complain(part(document, "view-visit"), SILENT);
      }
      return false;
    } finally {
      clearTimeout(late);
      if (!visit.signal.aborted) main.removeAttribute("aria-busy");
    }
  }

  /**
   * @param {Document} page
   * @param {ViewModule["elements"]} elements
   * @param {string} address
   * @param {number | null} top
   */
  #exchange(page, elements, address, top) {
    const main = this.#main;
    const focus = focusIn(main);
    const fresh = part(page, "#view");
    complain(part(document, "view-visit"), "");
    main.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    setAttribute(main, "data-view", fresh.dataset.view ?? "");
    document.title = page.title;
    this.#markSection(page);
    this.#shown = address;
    const moved = this.#ports.place.follow();
    this.#start(elements);
    if (!refocus(main, focus)) main.focus({ preventScroll: true });
    if (top !== null) scrollTo({ top });
    this.#ports.clock.tell();
    if (!moved) this.#ports.connection.ask(); // what came between the rendering and now
    this.dispatchEvent(new Event("arrive"));
  }

  /** @param {Document} page  whose header says where it is */
  #markSection(page) {
    const current = page.querySelector("[data-nav][aria-current]")?.getAttribute("data-nav");
    for (const link of document.querySelectorAll("[data-nav]")) {
      if (link.getAttribute("data-nav") === current) setAttribute(link, "aria-current", "page");
      else link.removeAttribute("aria-current");
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
      /** @type {NodeListOf<import("./ports.js").PageElement>} */
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

/** Whether a link is one to a view of this page. @param {HTMLAnchorElement} link */
function isView(link) {
  if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return false;
  if (link.hash && hrefOf(link) === hrefOf(location)) return false;
  return !/^\/(api|static)\/|\.[a-z]+$/.test(link.pathname) || link.pathname.startsWith("/carts/");
}

/**
 * The page at an address; null where it is none that can be put in the place of this one.
 * @param {string} address
 * @param {AbortSignal} signal
 */
async function fetched(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
  const type = answer.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/html")) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("script[src]")?.getAttribute("src");
  const isOurs = main === part(document, "script[src]").getAttribute("src") && page.querySelector("#view");
  return isOurs ? page : null;
}

/** Wait until the sheets of a page are in force here, too. @param {Document} page */
async function dressed(page) {
  const sheets = /** @type {NodeListOf<HTMLLinkElement>} */ (page.querySelectorAll("link[rel=stylesheet]"));
  const here = [...document.querySelectorAll("link[rel=stylesheet]")].map((each) => each.getAttribute("href"));
  const missing = [...sheets].filter((sheet) => !here.includes(sheet.getAttribute("href")));
  await Promise.all(missing.map((sheet) => new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.onload = resolve;
    link.onerror = () => reject(new TypeError("a sheet did not come"));
    link.href = /** @type {string} */ (sheet.getAttribute("href"));
    document.head.append(link);
  })));
}

/**
 * What holds the focus, to be found again in a view that was rendered anew.
 * @param {HTMLElement} main
 */
function focusIn(main) {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || !main.contains(active) || !active.id) return null;
  const isTyped = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement;
  const isText = isTyped && ["text", "search", "textarea"].includes(active.type);
  return { id: active.id, value: isText ? active.value : null, caret: isText ? active.selectionStart : null };
}

/**
 * Give the focus back; what was typed meanwhile stays.
 * @param {HTMLElement} main
 * @param {ReturnType<typeof focusIn>} focus
 */
function refocus(main, focus) {
  const active = document.activeElement;
  if (!focus) return active instanceof HTMLElement && active !== document.body && !main.contains(active);
  const again = document.getElementById(focus.id);
  if (!again || !main.contains(again)) return false;
  again.focus({ preventScroll: true });
  if (focus.value !== null && (again instanceof HTMLInputElement || again instanceof HTMLTextAreaElement)) {
    again.value = focus.value;
    again.setSelectionRange(focus.caret, focus.caret);
  }
  return true;
}
