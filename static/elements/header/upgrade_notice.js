import { part, show } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** Says that the server serves another version of the page than this tab runs, and loads it. */
export class UpgradeNotice extends HTMLElement {
  #life = new AbortController();

  /** @param {Ports} ports */
  start({ connection, http }) {
    const { signal } = this.#life;
    let away = false;
    connection.addEventListener("state", async () => {
      if (connection.state === "offline") away = true;
      if (connection.state !== "live" || !away) return;
      away = false; // an upgrade is a restart: only a page that was away can be behind
      try {
        const version = await http.version();
        show(this, !import.meta.url.includes(`/${version}/`));
      } catch {
        away = true; // it went again: ask when it is back
      }
    }, { signal });
    part(this, '[data-action="reload"]').addEventListener("click", () => location.reload(), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
