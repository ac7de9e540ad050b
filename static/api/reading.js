import { Refusal } from "../http.js";

/** The server is asked the same at most so often. */
const LEAST_MS = 1_000;
/** An answer that takes longer does not come any more. */
const PATIENCE_MS = 10_000;
const OFFLINE = new Refusal("offline", "No connection to the server. Trying again by itself.");
const SIGNED_OUT = new Refusal("offline", "You are signed out.");

/**
 * Facts that are read again and again for as long as somebody looks: not while the tab is hidden or the server is away,
 * one question at a time, and at most one a second.
 * @template T
 */
export class Reading {
  #timer = 0;
  #askedAt = -Infinity;
  #isAsking = false;
  #isStale = false;
  #how;

  /**
   * @param {object} how
   * @param {(signal: AbortSignal) => Promise<T>} how.ask
   * @param {(facts: T) => void} how.take
   * @param {(refusal: Refusal | null) => void} how.tell  why there are none; null: there are
   * @param {() => number | null} how.pause  milliseconds until it is asked by itself; null: not before `soon`
   * @param {import("../connection.js").Connection} how.connection
   * @param {AbortSignal} how.signal  ends it
   */
  constructor(how) {
    this.#how = how;
    const { connection, signal } = how;
    connection.addEventListener("state", () => connection.wasAway && this.soon(), { signal });
    document.addEventListener("visibilitychange", () => this.soon(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    // What is begun since then may stand as it was rendered before.
    if (connection.wasAway) this.soon();
  }

  /** Ask as soon as that is allowed. What is asked just now is asked once more: its answer may be of before. */
  soon() {
    this.#isStale = this.#isAsking;
    if (!this.#isAsking) this.#wait(Math.max(0, this.#askedAt + LEAST_MS - performance.now()));
  }

  /** @param {number} pause */
  #wait(pause) {
    clearTimeout(this.#timer);
    if (!this.#how.signal.aborted) this.#timer = setTimeout(() => this.#read(), pause);
  }

  async #read() {
    if (document.hidden) return;
    const { ask, take, tell, pause, connection, signal } = this.#how;
    if (connection.state === "offline") {
      tell(connection.rests ? SIGNED_OUT : OFFLINE);
      return;
    }
    this.#isAsking = true;
    this.#isStale = false;
    this.#askedAt = performance.now();
    try {
      const facts = await ask(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
      if (signal.aborted) return;
      tell(null);
      take(facts);
    } catch (refusal) {
      if (signal.aborted) return;
      if (!(refusal instanceof Refusal)) throw refusal;
      tell(refusal);
    } finally {
      this.#isAsking = false;
    }
    const wait = pause();
    if (this.#isStale) this.soon();
    else if (wait !== null) this.#wait(Math.max(wait, LEAST_MS));
  }
}
