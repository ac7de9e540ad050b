/** How often the order settles, in milliseconds: a row under an eye stays for as long. */
const SETTLE_MS = 2_000;
const TOO_FAST_MS = 5_000;
/** As many moves a second as an eye can follow. */
const FOLLOWED = 5;

/**
 * The order of a list as it is on screen: values change at once, places only now and then, and not at all while the
 * list is in use. Knows no DOM and no clock.
 */
export class SettledOrder {
  /** @type {string[]} the keys on screen */
  shown = [];
  /** How many changes of the order are held back. */
  pending = 0;
  tooFast = false;

  #most;
  /** @type {readonly string[]} */
  #wanted = [];
  #settledAt = -Infinity;
  #countedAt = 0;
  #moves = 0;

  /** @param {number} most  rows of a full list */
  constructor(most) {
    this.#most = most;
  }

  /**
   * Begin anew: another list stands here.
   * @param {readonly string[]} order
   * @param {number} now
   */
  begin(order, now) {
    this.#wanted = order;
    this.#moves = 0;
    this.#countedAt = now;
    this.tooFast = false;
    this.settle(now);
  }

  /**
   * Hear of a newer order.
   * @param {readonly string[]} order
   * @param {Iterable<string>} changed  the keys whose items changed
   * @param {number} now
   */
  hear(order, changed, now) {
    this.#wanted = order;
    const places = new Map(this.shown.map((key, place) => [key, place]));
    // There is room at the end: nothing moves for what comes to stand there.
    for (const key of order) {
      if (this.shown.length >= this.#most) break;
      if (!places.has(key)) places.set(key, this.shown.push(key) - 1);
    }
    const wanted = new Map(order.map((key, place) => [key, place]));
    let moves = 0;
    for (const key of changed) if (wanted.get(key) !== places.get(key)) moves += 1;
    this.pending = this.#agrees() ? 0 : Math.max(1, this.pending + moves); // rows that leave are a change
    this.#count(moves, now);
  }

  /**
   * Settle where it is time.
   * @param {number} now
   */
  settleIfDue(now) {
    if (!this.#agrees() && now >= this.dueAt) this.settle(now);
  }

  /** From when on it may settle. */
  get dueAt() {
    return this.#settledAt + (this.tooFast ? TOO_FAST_MS : SETTLE_MS);
  }

  /**
   * Put everything in its place.
   * @param {number} now
   */
  settle(now) {
    this.shown = [...this.#wanted];
    this.pending = 0;
    this.#settledAt = now;
  }

  #agrees() {
    return this.shown.length === this.#wanted.length && this.shown.every((key, place) => key === this.#wanted[place]);
  }

  /**
   * @param {number} moves
   * @param {number} now
   */
  #count(moves, now) {
    this.#moves += moves;
    const passed = now - this.#countedAt;
    if (passed < SETTLE_MS) return;
    this.tooFast = this.#moves / (passed / 1000) > FOLLOWED;
    this.#moves = 0;
    this.#countedAt = now;
  }
}
