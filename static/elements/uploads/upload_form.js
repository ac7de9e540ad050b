import { holdPage } from "../../paint/action.js";
import { visible } from "../../paint/foreign.js";
import { complain, part, setText, show } from "../../paint/patch.js";
import { count } from "../../paint/words.js";
import { filesOf, holdsFiles, whyUnreadable } from "./chosen_files.js";

/** @typedef {import("../../ports.js").Ports} Ports */

/** As many complaints as are told in full; the rest are counted. */
const MOST_COMPLAINTS = 5;

/** The file input, the pace, and the drop of files anywhere on the page: what is chosen is sent, one after another. */
export class UploadForm extends HTMLElement {
  #life = new AbortController();
  #sending = new AbortController();
  #busy = false;
  /** @type {File[]} */
  #queue = [];
  /** @type {string[]} */
  #complaints = [];
  #depth = 0;

  /** @param {Ports} ports */
  start({ http }) {
    const { signal } = this.#life;
    const input = this.#input;
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      this.#take({ files, folders: [] }, http);
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
      this.#take(filesOf(/** @type {DataTransfer} */ (event.dataTransfer)), http);
    }, { signal });
  }

  /**
   * @param {{files: File[], folders: string[]}} chosen
   * @param {Ports["http"]} http
   */
  async #take({ files, folders }, http) {
    if (!this.#busy) this.#forgive();
    for (const name of folders) this.#complain(`${visible(name)} is a folder: drop the files that are in it.`);
    this.#queue.push(...files);
    if (this.#busy) return;
    this.#busy = true;
    await holdPage(async () => {
      for (let file = this.#queue.shift(); file; file = this.#queue.shift()) await this.#send(file, http);
    });
    this.#busy = false;
    show(part(this, ".send-status"), false);
  }

  /**
   * @param {File} file
   * @param {Ports["http"]} http
   */
  async #send(file, http) {
    this.#sending = new AbortController();
    const name = visible(file.name);
    const words = part(this, ".send-words");
    const say = (/** @type {number} */ share) => setText(words, `Sending ${name}: ${Math.floor(share * 100)} %`);
    say(0);
    show(part(this, ".send-status"), true);
    part(this, ".send-status").scrollIntoView({ block: "nearest" });
    const pace = /** @type {HTMLSelectElement} */ (part(this, "[name=pace]")).value;
    const rate = pace ? Number(pace) : null;
    // The browser tells a server that is silent and a file that is gone by one and the same event.
    const unreadable = await whyUnreadable(file);
    if (unreadable) this.#complain(`${name}: ${unreadable}`);
    if (unreadable || this.#sending.signal.aborted) return;
    try {
      await http.upload(file, { name: file.name, rate, onProgress: say, signal: this.#sending.signal });
    } catch (refusal) {
      const { code, message } = /** @type {import("../../http.js").Refusal} */ (refusal);
      const why = code === "unreachable" ? await whyUnreadable(file) : "";
      this.#complain(`${name}: ${why || message}`);
    }
  }

  #stop() {
    this.#queue = [];
    this.#sending.abort();
  }

  /**
   * Tell one more complaint; those that were not dismissed stay.
   * @param {string} sentence
   */
  #complain(sentence) {
    if (part(this, ".error").hidden) this.#complaints = [];
    this.#complaints.push(sentence);
    const told = this.#complaints.slice(0, MOST_COMPLAINTS);
    const rest = this.#complaints.length - told.length;
    if (rest > 0) told.push(`Not taken in either: ${count(rest, "more file")}.`);
    complain(this, told.join("\n"));
    part(this, ".error").scrollIntoView({ block: "nearest" });
  }

  #forgive() {
    this.#complaints = [];
    complain(this, "");
  }
}
