/**
 * Whether a list is in use: the pointer, the focus or a selection is in it, or it is scrolled. What is in use holds
 * still.
 */
export class InUse {
  #list;
  #pointed = false;
  #scrolled = false;

  /**
   * @param {HTMLElement} list
   * @param {Element} head  what stands above it
   * @param {() => void} changed
   * @param {AbortSignal} signal
   */
  constructor(list, head, changed, signal) {
    this.#list = list;
    list.addEventListener("pointerenter", (event) => {
      this.#pointed = event.pointerType === "mouse";
      changed();
    }, { signal });
    list.addEventListener("pointerleave", () => {
      this.#pointed = false;
      changed();
    }, { signal });
    for (const name of ["focusin", "focusout"]) list.addEventListener(name, changed, { signal });
    document.addEventListener("selectionchange", changed, { signal });
    const watch = new IntersectionObserver(([seen]) => {
      this.#scrolled = !seen?.isIntersecting && (seen?.boundingClientRect.top ?? 0) < 0;
      changed();
    });
    watch.observe(head);
    signal.addEventListener("abort", () => watch.disconnect());
  }

  get now() {
    const selection = getSelection();
    const isSelected = selection !== null && !selection.isCollapsed && selection.containsNode(this.#list, true);
    return this.#pointed || this.#scrolled || isSelected || this.#list.contains(document.activeElement);
  }
}
