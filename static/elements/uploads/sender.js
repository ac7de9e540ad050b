import { holdPage } from "../../paint/action.js";
import { visible } from "../../paint/foreign.js";

/** @typedef {import("../../api/sending.js").Check} Check */

/**
 * How a file is to be sent.
 * @typedef {object} Wanted
 * @property {number | null} rate  lines a second; null: as fast as possible
 * @property {boolean} check  only look at it: nothing of it is taken in
 */

/** @typedef {{key: string, file: File, share: number, life: AbortController | null} & Wanted} Sending  a file on its way; without a life it waits */
/** @typedef {{key: string, file: File, outcome: Check}} Report  what would come of a file */

const UNREACHED = "The server did not answer, and nothing was sent. Try again when the page is live.";

/**
 * The files that are on their way to the server, one after another, whichever view is shown meanwhile; while there is
 * one, the browser asks before the page is left. What sends them comes with the first. Fires `change`.
 */
export class Sender extends EventTarget {
  /** @type {readonly Sending[]} in the order in which they are sent */
  queue = [];
  /** @type {string[]} what was refused since somebody gave files to an idle page, or dismissed this */
  complaints = [];
  /** @type {readonly Report[]} the newest first */
  reports = [];

  #count = 0;
  #busy = false;

  /**
   * @param {{files: readonly File[], folders?: readonly string[]}} given  folders, by their names, are none
   * @param {Partial<Wanted>} [how]
   */
  async take({ files, folders = [] }, how = {}) {
    if (!this.#busy) this.complaints = [];
    const told = folders.map((name) => `${visible(name)} is a folder: drop the files that are in it.`);
    this.complaints.push(...told);
    this.queue = [...this.queue, ...files.map((file) => this.#waiting(file, how))];
    this.tell();
    if (this.#busy || this.queue.length === 0) return;
    this.#busy = true;
    await holdPage(() => this.#sendAll());
    this.#busy = false;
    this.tell();
  }

  /**
   * Send a file no longer; nothing of it is kept.
   * @param {string} key
   */
  stop(key) {
    const sending = this.queue.find((each) => each.key === key);
    if (!sending) return;
    if (sending.life) sending.life.abort();
    else this.#forget(sending);
  }

  /** Tell those who listen that something changed. */
  tell() {
    this.dispatchEvent(new Event("change"));
  }

  /**
   * @param {File} file
   * @param {Partial<Wanted>} how
   * @returns {Sending}
   */
  #waiting(file, how) {
    this.#count += 1;
    return { ...wanted(), ...how, key: String(this.#count), file, share: 0, life: null };
  }

  async #sendAll() {
    try {
      const { send } = await import("./send.js");
      for (let next = this.queue[0]; next; next = this.queue[0]) {
        await send(next, this);
        this.#forget(next);
      }
    } catch {
      this.complaints.push(UNREACHED);
      this.queue = [];
    }
  }

  /** @param {Sending} sending */
  #forget(sending) {
    this.queue = this.queue.filter((each) => each !== sending);
    this.tell();
  }
}

/**
 * How the view that is shown wants files to be sent.
 * @returns {Wanted}
 */
function wanted() {
  const pace = /** @type {HTMLSelectElement | null} */ (document.querySelector("send-options [name=pace]"));
  const check = /** @type {HTMLInputElement | null} */ (document.querySelector("send-options [name=check]"));
  return { rate: pace?.value ? Number(pace.value) : null, check: check?.checked ?? false };
}
