import { keep, kept } from "./kept.js";
import { handOn } from "./paint/patch.js";

/** Where it is remembered that somebody has switched the single keys off. */
const OFF = "cartwatch.keys-off";
/** The first of two keys, as in `g s`, waits so long for the second. */
const PREFIX_MS = 1_500;

/**
 * The single keys of the page: they can be switched off, and mean nothing while somebody types.
 */
export class Keys {
  /** @type {Map<string, (event: KeyboardEvent) => void>} */
  #handlers = new Map();
  #prefix = "";
  #prefixAt = 0;

  constructor() {
    document.addEventListener("keydown", (event) => this.#hear(event));
  }

  get off() {
    return Boolean(kept(OFF));
  }

  set off(off) {
    keep(OFF, off ? "yes" : "");
  }

  /**
   * Let a key do something until the signal ends it.
   * @param {string} key  as `KeyboardEvent.key` has it; of two, `g s`
   * @param {(event: KeyboardEvent) => void} work
   * @param {AbortSignal} [signal]
   */
  on(key, work, signal) {
    this.#handlers.set(key, work);
    signal?.addEventListener("abort", () => {
      if (this.#handlers.get(key) === work) this.#handlers.delete(key);
    });
  }

  /** @param {KeyboardEvent} event */
  #hear(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector(":popover-open, dialog[open]")) return; // the keys are its own
    if (event.key === "Escape" && leave(event.target)) return;
    if (event.key !== "Escape" && (this.off || isTyping(event.target))) return;
    const before = event.timeStamp - this.#prefixAt < PREFIX_MS ? this.#prefix : "";
    this.#prefix = "";
    const name = before ? `${before} ${event.key}` : event.key;
    const work = this.#handlers.get(name);
    if (work) {
      work(event);
    } else if ([...this.#handlers.keys()].some((key) => key.startsWith(`${event.key} `))) {
      this.#prefix = event.key;
      this.#prefixAt = event.timeStamp;
    }
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof Element)) return false;
  if (target.closest("textarea, select")) return true;
  return target instanceof HTMLInputElement && !["radio", "checkbox", "button"].includes(target.type);
}

/**
 * Leave a field where there is nothing more in it to be taken back; the keys mean something again.
 * @param {EventTarget | null} field
 */
function leave(field) {
  if (!(field instanceof HTMLElement) || !isTyping(field)) return false;
  if (!field.matches("[type=search]:not(:placeholder-shown)")) handOn(field);
  return true;
}
