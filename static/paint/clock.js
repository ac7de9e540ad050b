import { setAttribute, setText } from "./patch.js";

/** How often the times on the page are told anew, all at once: so two of one moment never differ. */
const TICK_MS = 1_000;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The server's time when the times were told last: what is written between two tellings agrees with them. */
let told = 0;

/** The one timer of the page: tells every `<time>` on it in words, by the server's clock. */
export class PageClock {
  /** How far the server's clock is ahead of this machine's, in milliseconds. */
  #ahead = 0;
  #painter;
  #paint = () => this.#tell();

  /** @param {import("./painter.js").Painter} painter */
  constructor(painter) {
    this.#painter = painter;
  }

  start() {
    setInterval(() => this.tell(), TICK_MS);
    this.tell();
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
    told = Date.now() + this.#ahead;
    for (const time of document.querySelectorAll("time[datetime]")) {
      tellTime(time, Date.parse(/** @type {HTMLTimeElement} */ (time).dateTime));
    }
  }
}

/**
 * @param {Element} time
 * @param {number} at  milliseconds; not a number: no time
 */
function tellTime(time, at) {
  if (Number.isNaN(at)) return;
  if (time.hasAttribute("data-exact")) {
    setText(time, TIME.format(at));
    return;
  }
  const now = Math.max(at, told || Date.now());
  setText(time, time.hasAttribute("data-age") ? age(at, now) : ago(at, now));
  setAttribute(time, "title", WHOLE.format(at));
}

/**
 * Put another time in the place of one; the page's clock goes on telling it.
 * @param {Element} time
 * @param {string} at  RFC 3339; empty: none
 */
export function setTime(time, at) {
  if (time.getAttribute("datetime") === at) return;
  setAttribute(time, "datetime", at);
  if (at) tellTime(time, Date.parse(at));
  else setText(time, "");
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
  const past = now - at;
  if (past < 1000) return "just now";
  return past < 86_400_000 ? `${age(at, now)} ago` : DAY.format(at);
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
