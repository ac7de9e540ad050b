import { part, setAttribute, setText, show } from "../../paint/patch.js";

/** @param {Element} row */
export const idOf = (row) => row.getAttribute("data-skipped") ?? "";

/** @param {EventTarget | null} node */
export const rowOf = (node) => (node instanceof Element ? node.closest("[data-skipped]") : null);

/**
 * The list of records: one tab stop, arrows inside. Rows stay where they are while they are worked on, whatever becomes
 * of them; newer ones wait until they are asked for.
 */
export class RecordList {
  #bench;
  #list;
  #all;
  #button;
  /** The page as the server has rendered it by now. @type {Element | null} */
  #newest = null;

  /** @type {() => void} hears that others are chosen */
  told = () => {};

  /**
   * @param {HTMLElement} bench
   * @param {Set<string>} chosen  ids, of other pages too
   * @param {AbortSignal} signal
   */
  constructor(bench, chosen, signal) {
    this.chosen = chosen;
    this.#bench = bench;
    this.#list = part(bench, ".record-rows");
    this.#all = /** @type {HTMLInputElement} */ (part(bench, ".list-check"));
    this.#button = part(bench, ".list-fresh");
    this.#list.addEventListener("focusin", ({ target }) => this.#stop(rowOf(target)), { signal });
    bench.addEventListener("change", ({ target }) => {
      const row = rowOf(target);
      if (row || target === this.#all) this.choose(row ? [row] : this.rows, /** @type {HTMLInputElement} */ (target).checked);
    }, { signal });
    this.#button.addEventListener("click", () => {
      this.#settle();
      this.move(0, this.rows[0]);
    }, { signal });
    this.#stop(this.row(this.open) ?? this.rows[0]);
  }

  get rows() {
    return [...this.#list.children];
  }

  /** The id of the record that is open. */
  get open() {
    return part(this.#bench, ".record").dataset.record;
  }

  /** @param {string | undefined} id */
  row(id) {
    return this.rows.find((row) => idOf(row) === id);
  }

  /** The row that has the focus. */
  get focused() {
    return rowOf(document.activeElement);
  }

  /**
   * Take what the server has rendered by now.
   * @param {Element} fresh  the workbench
   */
  take(fresh) {
    const newest = Number(this.rows.map(idOf)[0] ?? 0);
    let waiting = 0;
    for (const row of fresh.querySelectorAll("[data-skipped]")) {
      this.become(idOf(row), row.getAttribute("data-state") ?? "");
      if (Number(idOf(row)) > newest) waiting += 1;
    }
    this.#newest = fresh;
    this.#offer(waiting);
    const bench = this.#bench;
    const isUsed = this.chosen.size > 0 || part(bench, ".list").scrollTop + scrollY > 0
      || bench.matches("[data-open], :has(.record-rows:hover, .list:focus-within, .bulk:focus-within)");
    if (waiting > 0 && !isUsed) this.#settle();
  }

  /**
   * What became of a record is all that changes in its row.
   * @param {string | undefined} id
   * @param {string} state
   */
  become(id, state) {
    const row = this.row(id);
    if (!row) return;
    setAttribute(row, "data-state", state);
    setText(part(row, ".row-state"), state);
  }

  /**
   * @param {Iterable<Element>} rows
   * @param {boolean} are  whether they are chosen now
   */
  choose(rows, are) {
    for (const row of rows) this.chosen[are ? "add" : "delete"](idOf(row));
    this.check();
  }

  /** Show which are chosen, and which is open. */
  check() {
    const { rows } = this;
    const many = rows.filter((row) => this.chosen.has(idOf(row))).length;
    for (const row of rows) {
      /** @type {HTMLInputElement} */ (part(row, "input")).checked = this.chosen.has(idOf(row));
      part(row, "a").ariaCurrent = `${idOf(row) === this.open}`;
    }
    this.#all.checked = many > 0 && many === rows.length;
    this.#all.indeterminate = many > 0 && many < rows.length;
    this.told();
  }

  /**
   * Move the focus a row; without one in focus, to the one that it would come to.
   * @param {number} step
   * @param {Element | null} [from]
   */
  move(step, from = this.focused) {
    const { rows } = this;
    const to = from && (rows[rows.indexOf(from) + step] ?? from).querySelector("a");
    /** @type {HTMLElement} */ (to ?? this.#list.querySelector('[tabindex="0"]') ?? this.#list).focus();
  }

  /**
   * Offer the page as it is by now: with what came, and without rows that are not of the state any more that is asked for.
   * @param {number} waiting
   */
  #offer(waiting) {
    const state = new URLSearchParams(this.#bench.dataset.asked).get("state");
    const left = state ? this.rows.filter((row) => row.getAttribute("data-state") !== state).length : 0;
    const words = [waiting > 0 && `${waiting} new`, left > 0 && `${left} no longer ${state}`].filter(Boolean);
    this.#button.dataset.pending = `${waiting}`;
    setText(this.#button, `${words.join(", ")} – show`);
    show(this.#button, words.length > 0);
  }

  /** Show the page as it is by now. */
  #settle() {
    if (!this.#newest) return;
    const rows = [...part(this.#newest, ".record-rows").children];
    this.#list.replaceChildren(...rows.map((row) => this.row(idOf(row)) ?? row));
    part(this.#bench, ".list-end").replaceChildren(...part(this.#newest, ".list-end").childNodes);
    part(this.#bench, ".list").scrollTop = 0;
    this.#stop(this.rows[0]);
    this.check();
    this.#offer(0);
  }

  /** Let the tab key come to a row, and to none but it. @param {Element | null | undefined} stop */
  #stop(stop) {
    for (const row of this.rows) part(row, "a").tabIndex = row === stop ? 0 : -1;
  }
}
