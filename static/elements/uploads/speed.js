/** How fast an upload goes and when it will be through, from what is heard of it. Pure: the times are given. */

/** So far back it is looked; within it, so often at most. */
const WINDOW_MS = 8_000;
const GRAIN_MS = 250;
/** Shorter than this says nothing of a pace. */
const LEAST_MS = 900;
/** What a new estimate of the end moves the one that was told; one that is further off than this share replaces it. */
const SMOOTHING = 0.25;
const OTHER = 0.4;

/** The speed of one upload. Its memory is bounded by the window. */
export class Speed {
  /** @type {{at: number, processed: number}[]} times at which lines had been processed, oldest first */
  #heard = [];
  #state = "";
  /** When it was told to end, in milliseconds; null: not known. @type {number | null} */
  #end = null;

  /**
   * @param {{state: string, processed: number}} upload
   * @param {number} now  milliseconds that never run back
   */
  hear({ state, processed }, now) {
    const newest = this.#heard.at(-1);
    if (state !== this.#state || (newest && processed < newest.processed)) this.#begin(state);
    else if (newest?.processed === processed) return;
    const before = this.#heard.at(-2);
    // Of what comes close together the newest counts, so that a window holds so many at most.
    if (newest && before && newest.at - before.at < GRAIN_MS) this.#heard.pop();
    this.#heard.push({ at: now, processed });
    while (this.#heard.length > 2 && now - /** @type {{at: number}} */ (this.#heard[1]).at > WINDOW_MS) this.#heard.shift();
  }

  /**
   * Lines a second; null where that is not known, as of one that does not run.
   * @param {number} now
   */
  rate(now) {
    const [first, last] = [this.#heard[0], this.#heard.at(-1)];
    if (this.#state !== "running" || !first || !last) return null;
    const took = last.at - first.at;
    if (this.#heard.length < 2 || took < LEAST_MS) return now - first.at > WINDOW_MS ? 0 : null;
    // From one arrival to another, so that it does not matter when somebody looks; until it stalls.
    const gap = took / (this.#heard.length - 1);
    const until = now - last.at > 2 * gap + GRAIN_MS * 4 ? now : last.at;
    if (now - last.at > WINDOW_MS) return 0;
    return ((last.processed - first.processed) * 1000) / (until - first.at);
  }

  /**
   * Seconds until all of its lines are processed; null where nobody can know. It runs down evenly: what is
   * measured anew moves it little, unless it is far off.
   * @param {number} left  lines
   * @param {number} now
   */
  left(left, now) {
    const rate = this.rate(now);
    if (!rate || left <= 0) {
      this.#end = null;
      return null;
    }
    const fresh = now + (left * 1000) / rate;
    const told = this.#end;
    const isNear = told !== null && Math.abs(fresh - told) < OTHER * Math.max(fresh - now, 5_000);
    this.#end = isNear ? told + SMOOTHING * (fresh - told) : fresh;
    return Math.max(0, (this.#end - now) / 1000);
  }

  /** @param {string} state */
  #begin(state) {
    this.#state = state;
    this.#heard = [];
    this.#end = null;
  }
}

/** From so many seconds on it is told by this step, so that the words do not flicker. @type {[number, number][]} */
const STEPS = [[20, 1], [60, 5], [600, 10], [3_600, 60], [Infinity, 300]];

/**
 * The time that is left, in words.
 * @param {number} seconds
 */
export function leftWords(seconds) {
  const [, step] = /** @type {[number, number]} */ (STEPS.find(([most]) => seconds < most) ?? STEPS.at(-1));
  const whole = Math.max(1, Math.ceil(seconds / step) * step);
  if (whole < 60) return `${whole} s left`;
  const minutes = Math.floor(whole / 60);
  if (whole < 600 && whole % 60 > 0) return `${minutes} min ${whole % 60} s left`;
  if (minutes < 60) return `${minutes} min left`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.round(hours / 24)} days left`;
  return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min left` : `${hours} h left`;
}
