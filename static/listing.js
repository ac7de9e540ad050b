/**
 * @template T
 * @typedef {{items: T[], order?: string[], total?: number, [more: string]: unknown}} Part  a list in a frame
 */

/** Something is missing: a snapshot must be asked for. */
export const GAP = new Error("a gap");

/**
 * One visible list of facts, keyed and in order. It holds what is visible and nothing else, so it never grows.
 * @template {object} T
 */
export class Listing {
  /** @type {string[]} the keys of all visible ones */
  order = [];
  /** @type {Map<string, T>} */
  items = new Map();
  total = 0;

  #keyOf;
  #newest;

  /**
   * @param {(item: T) => string} keyOf
   * @param {(known: T, item: T, isWhole: boolean) => T} newest  what is known now that an item came, whole or only what
   *   changed in it
   */
  constructor(keyOf, newest) {
    this.#keyOf = keyOf;
    this.#newest = newest;
  }

  /** Forget all: somebody started over. */
  clear() {
    this.order = [];
    this.items = new Map();
    this.total = 0;
  }

  /**
   * Take a snapshot's part: exactly these are visible.
   * @param {Part<T>} part
   * @returns {Set<string>} the keys that are new or changed
   */
  replace(part) {
    return this.merge({ ...part, order: part.items.map(this.#keyOf) }, true);
  }

  /**
   * Take a change's part: some items, and the order of all where that is another one.
   * @param {Part<T>} part
   * @returns {Set<string>} the keys that are new or changed
   * @throws {GAP} where the order names one never heard of
   */
  merge(part, isWhole = false) {
    const came = new Map(part.items.map((item) => [this.#keyOf(item), item]));
    const order = part.order?.map(String) ?? this.order;
    /** @type {Map<string, T>} */
    const items = new Map();
    const changed = new Set();
    for (const key of order) {
      const known = this.items.get(key);
      let item = came.get(key) ?? known;
      if (!item) throw GAP;
      if (known && item !== known) item = this.#newest(known, item, isWhole);
      if (item !== known) changed.add(key);
      items.set(key, item);
    }
    this.order = order;
    this.items = items;
    this.total = part.total ?? this.total;
    return changed;
  }
}
