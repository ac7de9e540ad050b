/**
 * @template T
 * @typedef {{items: T[], order?: string[], total?: number, [more: string]: unknown}} Part  a list in a frame
 */

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
  #newer;

  /**
   * @param {(item: T) => string} keyOf
   * @param {(known: T, item: T) => boolean} newer  whether the one that came replaces the one known
   */
  constructor(keyOf, newer) {
    this.#keyOf = keyOf;
    this.#newer = newer;
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
    return /** @type {Set<string>} */ (this.merge({ ...part, order: part.items.map(this.#keyOf) }));
  }

  /**
   * Take a change's part: some items, and the order of all.
   * @param {Part<T>} part
   * @returns {Set<string> | null} the keys that are new or changed; null where the order names one never heard of
   */
  merge(part) {
    const came = new Map(part.items.map((item) => [this.#keyOf(item), item]));
    const order = part.order?.map(String) ?? this.order;
    /** @type {Map<string, T>} */
    const items = new Map();
    const changed = new Set();
    for (const key of order) {
      const known = this.items.get(key);
      const item = came.get(key);
      if (item && (!known || this.#newer(known, item))) {
        items.set(key, item);
        changed.add(key);
      } else if (known) {
        items.set(key, known);
      } else {
        return null;
      }
    }
    this.order = order;
    this.items = items;
    this.total = part.total ?? this.total;
    return changed;
  }
}
