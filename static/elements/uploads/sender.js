import { holdPage } from "../../paint/action.js";
import { visible } from "../../paint/foreign.js";
import { whyUnreadable } from "./chosen_files.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../http.js").Check} Check */

/**
 * How a file is to be sent.
 * @typedef {object} Wanted
 * @property {number | null} rate  lines a second; null: as fast as possible
 * @property {boolean} check  only look at it: nothing of it is taken in
 */

/** @typedef {{key: string, file: File, share: number, life: AbortController | null} & Wanted} Sending  a file on its way; without a life it waits */
/** @typedef {{key: string, file: File, outcome: Check}} Report  what would come of a file */

/** @type {Readonly<Wanted>} */
const USUAL = Object.freeze({ rate: null, check: false });
/** So many reports are kept, the newest first. */
const MOST_REPORTS = 5;

/**
 * The files that are on their way to the server, one after another, whichever view is shown meanwhile; while there is
 * one, the browser asks before the page is left. Fires `change`.
 */
export class Sender extends EventTarget {
  /** @type {readonly Sending[]} in the order in which they are sent */
  queue = [];
  /** @type {string[]} what was refused since somebody gave files to an idle page, or dismissed this */
  complaints = [];
  /** @type {readonly Report[]} the newest first */
  reports = [];
  /** @type {() => Wanted} how the view that is shown wants a file to be sent */
  wanted = () => USUAL;

  #upload;
  #count = 0;
  #busy = false;

  /** @param {Ports["http"]["upload"]} upload */
  constructor(upload) {
    super();
    this.#upload = upload;
  }

  /**
   * @param {{files: readonly File[], folders?: readonly string[]}} given  folders, by their names, are none
   * @param {Partial<Wanted>} [how]
   */
  async take({ files, folders = [] }, how = this.wanted()) {
    if (!this.#busy) this.complaints = [];
    const told = folders.map((name) => `${visible(name)} is a folder: drop the files that are in it.`);
    this.complaints.push(...told);
    this.queue = [...this.queue, ...files.map((file) => this.#waiting(file, how))];
    this.#tell();
    if (this.#busy || this.queue.length === 0) return;
    this.#busy = true;
    await holdPage(async () => {
      for (let next = this.queue[0]; next; next = this.queue[0]) {
        await this.#send(next);
        this.#forget(next);
      }
    });
    this.#busy = false;
    this.#tell();
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

  /** Take the complaints away. */
  forgive() {
    this.complaints = [];
    this.#tell();
  }

  /** @param {string} key  of a report that was read */
  dismiss(key) {
    this.reports = this.reports.filter((each) => each.key !== key);
    this.#tell();
  }

  /**
   * @param {File} file
   * @param {Partial<Wanted>} how
   * @returns {Sending}
   */
  #waiting(file, how) {
    this.#count += 1;
    return { ...USUAL, ...how, key: String(this.#count), file, share: 0, life: null };
  }

  /** @param {Sending} sending */
  async #send(sending) {
    const { file, rate, check } = sending;
    const name = visible(file.name);
    const { signal } = (sending.life = new AbortController());
    this.#tell();
    // The browser tells a server that is silent and a file that is gone by one and the same event.
    const unreadable = await whyUnreadable(file);
    if (unreadable) this.complaints.push(`${name}: ${unreadable}`);
    if (unreadable || signal.aborted) return;
    const onProgress = (/** @type {number} */ share) => {
      sending.share = share;
      this.#tell();
    };
    try {
      const answer = await this.#upload(file, { name: file.name, rate, check, onProgress, signal });
      if (check) this.#report({ key: sending.key, file, outcome: /** @type {Check} */ (answer) });
    } catch (refusal) {
      const { code, message } = /** @type {import("../../http.js").Refusal} */ (refusal);
      const why = code === "unreachable" ? await whyUnreadable(file) : "";
      this.complaints.push(`${name}: ${why || message}`);
    }
  }

  /** @param {Report} report */
  #report(report) {
    this.reports = [report, ...this.reports].slice(0, MOST_REPORTS);
  }

  /** @param {Sending} sending */
  #forget(sending) {
    this.queue = this.queue.filter((each) => each !== sending);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
