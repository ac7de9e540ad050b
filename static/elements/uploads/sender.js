import { UNHEARD } from "../../paint/patch.js";

/** @typedef {import("../../api/sending.js").Check} Check */

/**
 * How a file is to be sent.
 * @typedef {object} Wanted
 * @property {number | null} rate  lines a second; null: as fast as possible
 * @property {boolean} check  only look at it: nothing of it is taken in
 */

/** @typedef {{files: readonly File[], folders?: readonly string[]}} Given  folders, by their names, are none */
/** @typedef {{key: string, file: File, share: number, life: AbortController | null} & Wanted} Sending  a file on its way; without a life it waits */
/** @typedef {{key: string, file: File, outcome: Check}} Report  what would come of a file */

/**
 * The files that are on their way to the server, one after another, whichever view is shown meanwhile. What sends them
 * comes with the first. Fires `change`.
 */
export class Sender extends EventTarget {
  /** @type {readonly Sending[]} in the order in which they are sent */
  queue = [];
  /** @type {string[]} what was refused since somebody gave files to an idle page, or dismissed this */
  complaints = [];
  /** @type {readonly Report[]} the newest first */
  reports = [];

  /**
   * @param {Given} given
   * @param {Partial<Wanted>} [how]
   */
  async take(given, how = {}) {
    try {
      const { take } = await import("./send.js");
      take(this, given, how);
    } catch {
      this.complaints = [UNHEARD];
      this.tell();
    }
  }

  /** Tell those who listen that something changed. */
  tell() {
    this.dispatchEvent(new Event("change"));
  }
}
