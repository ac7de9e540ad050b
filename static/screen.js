/** So many of the newest delays are looked at. */
const KEPT = 64;

/**
 * How long a record takes from its acceptance to the screen: the part before its frame by the server's clock, the part
 * behind it by this one's.
 */
export class Screen {
  /** @type {number[]} milliseconds */
  #delays = [];
  #store;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** The middle one of the newest delays, in milliseconds; null where there are too few. */
  get median() {
    if (this.#delays.length < 5) return null;
    return /** @type {number} */ (this.#delays.toSorted((a, b) => a - b)[this.#delays.length >> 1]);
  }

  /**
   * Note that carts are painted now.
   * @param {readonly {updated_at: string}[]} carts  those that changed in the newest frame
   */
  painted(carts) {
    const { at, receivedAt, isSnapshot } = this.#store;
    if (isSnapshot || carts.length === 0) return;
    const here = performance.now() - receivedAt;
    for (const { updated_at } of carts) this.#delays.push(Date.parse(at) - Date.parse(updated_at) + here);
    this.#delays.splice(0, this.#delays.length - KEPT);
  }
}
