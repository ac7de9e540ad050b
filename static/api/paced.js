/** No reading begins sooner than this after the one before. */
const LEAST_MS = 1_000;
/** An answer that takes longer does not come any more. */
const PATIENCE_MS = 10_000;

/**
 * A reading that is done whenever somebody asks for it: one at a time, at most once a second, and not while the tab is
 * hidden. What is asked for meanwhile is read once more.
 */
export class Paced {
  #read;
  #signal;
  #timer = 0;
  #begun = -Infinity;
  #isReading = false;
  #isDue = false;

  /**
   * @param {(signal: AbortSignal) => Promise<void>} read  reads, and takes what it read
   * @param {AbortSignal} signal  ends it
   */
  constructor(read, signal) {
    this.#read = read;
    this.#signal = signal;
    document.addEventListener("visibilitychange", () => {
      if (this.#isDue) this.ask();
    }, { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Read as soon as that may be. */
  ask() {
    this.#isDue = true;
    if (this.#isReading || this.#timer || document.hidden || this.#signal.aborted) return;
    // A browser takes the fraction of a millisecond away.
    const wait = Math.ceil(Math.max(0, this.#begun + LEAST_MS - performance.now()));
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  async #run() {
    this.#timer = 0;
    if (document.hidden) return;
    this.#isDue = false;
    this.#isReading = true;
    this.#begun = performance.now();
    try {
      await this.#read(AbortSignal.any([this.#signal, AbortSignal.timeout(PATIENCE_MS)]));
    } finally {
      this.#isReading = false;
    }
    if (this.#isDue) this.ask();
  }
}
