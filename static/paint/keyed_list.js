import { fresh, putInOrder } from "./patch.js";

/**
 * @template T
 * @typedef {{element: HTMLElement, update(item: T): void}} Row
 */

/**
 * The rows of a list, by key: each keeps its element for as long as it is visible, is written to only where it
 * changed, and moves only when its place did. The row that holds the focus stays put and the others move around it.
 * @template T
 */
export class KeyedList {
  /** @type {Map<string, Row<T>>} */
  #rows = new Map();
  #list;
  #template;
  #Row;

  /**
   * Adopts the rows that the server rendered. Two that HTML cannot tell apart have one key: the first goes.
   * @param {HTMLElement} list
   * @param {string} template  the name of the row's template, and of the data attribute that holds its key
   * @param {new (element: HTMLElement) => Row<T>} Row
   */
  constructor(list, template, Row) {
    this.#list = list;
    this.#template = template;
    this.#Row = Row;
    for (const element of /** @type {HTMLElement[]} */ ([...list.children])) {
      const key = /** @type {string} */ (element.dataset[template]);
      this.#rows.get(key)?.element.remove();
      this.#rows.set(key, new Row(element));
    }
  }

  /** The keys of the rows on screen. */
  keys() {
    return this.#rows.keys();
  }

  /** The rows on screen. */
  rows() {
    return this.#rows.values();
  }

  /**
   * @param {readonly string[]} order
   * @param {(key: string) => T} itemOf
   */
  paint(order, itemOf) {
    this.#leave(new Set(order));
    const elements = order.map((key) => {
      const row = this.#rows.get(key) ?? this.#arrive(key);
      row.update(itemOf(key));
      return row.element;
    });
    putInOrder(this.#list, elements);
  }

  /** @param {string} key */
  #arrive(key) {
    const row = new this.#Row(fresh(this.#template));
    this.#rows.set(key, row);
    return row;
  }

  /** @param {Set<string>} staying */
  #leave(staying) {
    for (const [key, { element }] of this.#rows) {
      if (staying.has(key)) continue;
      // The keyboard must not fall out of the list with a row: the list itself takes the focus.
      if (element.contains(document.activeElement)) this.#list.focus({ preventScroll: true });
      element.remove();
      this.#rows.delete(key);
    }
  }
}
