/** What would come of the files that were only checked; what shows it comes with the first of them. */
export class CheckReports extends HTMLElement {
  #life = new AbortController();
  #begun = false;

  /** @param {import("../../ports.js").Ports} ports */
  start(ports) {
    const { sender } = ports;
    const { signal } = this.#life;
    const look = async () => {
      if (this.#begun || sender.reports.length === 0) return;
      this.#begun = true;
      const { showReports } = await import("./reports.js");
      if (!signal.aborted) showReports(this, ports, signal);
    };
    sender.addEventListener("change", look, { signal });
    look();
  }

  disconnectedCallback() {
    this.#life.abort();
  }
}
