/**
 * One tab stop for a list: the arrows go from row to row inside it.
 */
export class RowFocus {
  #list;
  #selector;
  /** @type {HTMLElement | null} the row that the tab key comes to */
  row = null;
  /** Whether somebody was at that row: who was not begins at the first. */
  #isChosen = false;

  /**
   * @param {HTMLElement} list
   * @param {string} selector  what of a row takes the focus
   */
  constructor(list, selector) {
    this.#list = list;
    this.#selector = selector;
    list.addEventListener("focusin", ({ target }) => {
      const row = [...list.children].find((each) => each.contains(/** @type {Node} */ (target)));
      if (!row) return;
      this.#isChosen = true;
      this.#choose(/** @type {HTMLElement} */ (row));
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.move(step);
    });
    this.keep();
  }

  /** Let some row be the one that the tab key comes to, whatever rows there are now. */
  keep() {
    const first = this.#list.firstElementChild;
    if (this.row?.isConnected && (this.#isChosen || this.row === first)) return;
    this.#isChosen = false;
    if (first instanceof HTMLElement) this.#choose(first);
    else this.row = null;
  }

  /** Focus the row that the tab key comes to. */
  enter() {
    this.keep();
    (this.#target(this.row) ?? this.#list).focus();
  }

  /** @param {number} step */
  move(step) {
    this.keep();
    const isIn = this.#list.contains(document.activeElement);
    const next = !isIn ? this.row : step > 0 ? this.row?.nextElementSibling : this.row?.previousElementSibling;
    if (!(next instanceof HTMLElement)) return;
    this.#choose(next);
    this.#target(next)?.focus();
  }

  /** @param {HTMLElement} row */
  #choose(row) {
    this.#target(this.row)?.setAttribute("tabindex", "-1");
    this.row = row;
    this.#target(row)?.setAttribute("tabindex", "0");
  }

  /** @param {HTMLElement | null} row @returns {HTMLElement | null | undefined} */
  #target(row) {
    return row?.querySelector(this.#selector);
  }
}
