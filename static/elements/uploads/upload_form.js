import { complain, part, setText, show } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** The file input, the pace, and the drop of files anywhere on the page: what is chosen is sent, one after another. */
export class UploadForm extends HTMLElement {
  #life = new AbortController();
  /** @type {AbortController | null} ends the sending of the file under way */
  #sending = null;
  /** @type {File[]} */
  #queue = [];
  #depth = 0;

  /** @param {Ports} ports */
  start({ http }) {
    const { signal } = this.#life;
    const input = this.#input;
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      this.#take(files, http);
    }, { signal });
    part(this, '[data-action="stop"]').addEventListener("click", () => this.#stop(), { signal });
    this.#watchDrops(http, signal);
  }

  disconnectedCallback() {
    this.#stop();
    this.#life.abort();
  }

  /** Open the file dialog. */
  choose() {
    this.#input.click();
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (part(this, "input[type=file]"));
  }

  /**
   * @param {Ports["http"]} http
   * @param {AbortSignal} signal
   */
  #watchDrops(http, signal) {
    const over = (/** @type {number} */ depth) => {
      this.#depth = Math.max(0, depth);
      document.body.toggleAttribute("data-dropping", this.#depth > 0);
    };
    document.addEventListener("dragenter", (event) => {
      if (holdsFiles(event)) over(this.#depth + 1);
    }, { signal });
    document.addEventListener("dragleave", (event) => {
      if (holdsFiles(event)) over(this.#depth - 1);
    }, { signal });
    document.addEventListener("dragover", (event) => {
      if (holdsFiles(event)) event.preventDefault();
    }, { signal });
    document.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over(0);
      this.#take([...(event.dataTransfer?.files ?? [])], http);
    }, { signal });
  }

  /**
   * @param {File[]} files
   * @param {Ports["http"]} http
   */
  async #take(files, http) {
    this.#queue.push(...files);
    if (this.#sending) return;
    complain(this, "");
    for (let file = this.#queue.shift(); file; file = this.#queue.shift()) await this.#send(file, http);
    show(part(this, ".send-status"), false);
  }

  /**
   * @param {File} file
   * @param {Ports["http"]} http
   */
  async #send(file, http) {
    this.#sending = new AbortController();
    const words = part(this, ".send-words");
    const say = (/** @type {number} */ share) => setText(words, `Sending ${file.name}: ${Math.floor(share * 100)} %`);
    say(0);
    show(part(this, ".send-status"), true);
    const pace = /** @type {HTMLSelectElement} */ (part(this, "[name=pace]")).value;
    const rate = pace ? Number(pace) : null;
    try {
      await http.upload(file, { name: file.name, rate, onProgress: say, signal: this.#sending.signal });
    } catch (refusal) {
      complain(this, `${file.name}: ${/** @type {Error} */ (refusal).message}`);
    } finally {
      this.#sending = null;
    }
  }

  #stop() {
    this.#queue = [];
    this.#sending?.abort();
  }
}

/** @param {DragEvent} event */
function holdsFiles(event) {
  return Boolean(event.dataTransfer?.types.includes("Files"));
}
