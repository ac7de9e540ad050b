/**
 * One paint per animation frame: an element asks as often as it likes and is painted once, with the newest facts.
 * A hidden tab gets no frames, so it does not paint at all.
 */
export class Painter {
  /** @type {Set<() => void>} */
  #tasks = new Set();
  #frame = 0;

  /**
   * Paint by `task` in the next frame.
   * @param {() => void} task  the same function each time: it is known by identity
   */
  ask(task) {
    this.#tasks.add(task);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const tasks = this.#tasks;
    this.#tasks = new Set();
    this.#frame = 0;
    for (const task of tasks) task();
  }
}
