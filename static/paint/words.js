/** Numbers, shares and ages as the page says them; the server says them alike (`web/http/pages/filters.py`). */

export const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
export const TENTHS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @param {number | null} count */
export const number = (count) => (count === null ? "–" : WHOLE.format(count));

/** @param {number} perSecond  one decimal below ten, whole above */
export const rate = (perSecond) => (perSecond > 0 && perSecond < 9.95 ? TENTHS : WHOLE).format(perSecond);

/**
 * A share in percent, rounded down so that 100 means all of them.
 * @param {number} part
 * @param {number} whole
 */
export const percent = (part, whole) => (whole ? Math.min(100, Math.floor((100 * part) / whole)) : 0);

/**
 * The word for so many of something.
 * @param {number | null} many
 * @param {string} one  the word for one of them
 */
export const plural = (many, one) => (many === 1 ? one : `${one}s`);

/**
 * So many of something.
 * @param {number | null} many
 * @param {string} one  the word for one of them
 */
export const count = (many, one) => `${number(many)} ${plural(many, one)}`;

/** @param {string} words  what the server says in the middle of a sentence of its own */
export const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/**
 * How long something has been, in one unit.
 * @param {number} seconds
 */
export function ageWords(seconds) {
  for (const [unit, name] of /** @type {const} */ ([[86_400, "d"], [3_600, "h"], [60, "min"]])) {
    if (seconds >= unit && seconds % unit === 0) return `${seconds / unit} ${name}`;
  }
  return `${seconds} s`;
}
