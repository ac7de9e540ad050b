/** No reading begins sooner than this after the one before. */
const LEAST_MS = 1_000;
/** After a reading that failed, the next. */
const PATIENCE_MS = 5_000;

/**
 * A reading that is done again and again, at most once a second, and never while the tab is hidden. It ends with its
 * signal; an answer to an older question is dropped.
 * @template T
 */
export class Repeated {
  #read;
  #hear;
  #signal;
  #timer = 0;
  #begun = -Infinity;
  #asked = 0;
  /** Whether one is to come as soon as the tab is seen. */
  #due = false;

  /**
   * @param {(signal: AbortSignal) => Promise<T>} read
   * @param {(answer: T) => number | null} hear  gives after how many milliseconds to read again; null: when asked to
   * @param {AbortSignal} signal
   */
  constructor(read, hear, signal) {
    this.#read = read;
    this.#hear = hear;
    this.#signal = signal;
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
    document.addEventListener("visibilitychange", () => {
      if (this.#due) this.ask();
    }, { signal });
  }

  /**
   * Read, as soon as that may be; what is under way is not heard any more.
   * @param {number} [after]  milliseconds, or later
   */
  ask(after = 0) {
    clearTimeout(this.#timer);
    if (this.#signal.aborted) return;
    this.#asked += 1;
    const wait = Math.max(after, this.#begun + LEAST_MS - performance.now());
    this.#timer = setTimeout(() => this.#run(this.#asked), Math.max(0, wait));
  }

  /** @param {number} asked */
  async #run(asked) {
    this.#due = document.hidden;
    if (this.#due) return;
    this.#begun = performance.now();
    try {
      const answer = await this.#read(this.#signal);
      if (this.#signal.aborted || asked !== this.#asked) return;
      const again = this.#hear(answer);
      if (again !== null) this.ask(again);
    } catch (refusal) {
      if (!(refusal instanceof Error) || refusal.name === "TypeError") throw refusal;
      // The header says that the server is not heard: here it is only tried again.
      if (asked === this.#asked) this.ask(PATIENCE_MS);
    }
  }
}
