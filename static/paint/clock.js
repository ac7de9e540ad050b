import { setAttribute, setText } from "./patch.js";

/** How often the times on the page are told anew, all at once: so two of one moment never differ. */
const TICK_MS = 1_000;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The one timer of the page: tells every `<time>` on it in words, by the server's clock. */
export class PageClock {
  #timer = 0;
  /** How far the server's clock is ahead of this machine's, in milliseconds. */
  #ahead = 0;
  #painter;
  #paint = () => this.#tell();

  /** @param {import("./painter.js").Painter} painter */
  constructor(painter) {
    this.#painter = painter;
  }

  start() {
    this.#timer = setInterval(() => this.tell(), TICK_MS);
    this.tell();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Tell the times in the next frame. */
  tell() {
    this.#painter.ask(this.#paint);
  }

  /**
   * Set it by the time of a frame.
   * @param {string} at  RFC 3339
   */
  set(at) {
    const ahead = Date.parse(at) - Date.now();
    if (Number.isFinite(ahead)) this.#ahead = ahead;
  }

  #tell() {
    const now = Date.now() + this.#ahead;
    for (const time of document.querySelectorAll("time[datetime]")) {
      const at = Date.parse(/** @type {HTMLTimeElement} */ (time).dateTime);
      if (Number.isNaN(at)) continue;
      if (time.hasAttribute("data-exact")) {
        setText(time, TIME.format(at));
      } else {
        setText(time, time.hasAttribute("data-age") ? age(at, now) : ago(at, now));
        setAttribute(time, "title", WHOLE.format(at));
      }
    }
  }
}

/**
 * A time that changed is told exactly until the page's clock tells it in words.
 * @param {Element} time
 * @param {string} at  RFC 3339
 */
export function setTime(time, at) {
  if (time.getAttribute("datetime") === at) return;
  setAttribute(time, "datetime", at);
  setText(time, exactTime(at));
}

/** @param {string} at  RFC 3339 */
export function exactTime(at) {
  const time = Date.parse(at);
  return Number.isNaN(time) ? "" : TIME.format(time);
}

/**
 * @param {number} at
 * @param {number} now
 */
export function ago(at, now) {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 1) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return DAY.format(at);
}

/**
 * How long something has been, in the largest unit that is whole.
 * @param {number} at
 * @param {number} now
 */
export function age(at, now) {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
