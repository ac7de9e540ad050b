/** Numbers, shares, sizes and times as the page says them; the server says them alike (`web/http/pages/filters.py`). */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const EXACT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
const TENTHS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

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

/** @param {number | null} pace  records a second, told to the last digit; null: no limit */
export function paceWords(pace) {
  return pace === null ? "as fast as possible" : `${EXACT.format(pace)} ${plural(pace, "record")} a second`;
}

/** @param {Record<string, number>} byReason */
export function reasons(byReason) {
  const ordered = Object.entries(byReason).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ordered.map(([reason, count]) => `${number(count)} ${reasonWords(reason)}`).join(", ");
}

/** @type {Record<string, string>} */
const REASONS = {
  too_long: "too long",
  invalid_utf8: "not UTF-8",
  invalid_json: "not JSON",
  not_an_object: "not an object",
  missing_field: "a field is missing",
  invalid_user_id: "no user id",
  unknown_type: "unknown type",
  invalid_order_id: "no order id",
};

/**
 * Why a record is skipped, as a person reads it.
 * @param {string} reason
 */
export const reasonWords = (reason) => REASONS[reason] ?? reason;

/** As much of a raw text as a row has room for. */
const RAW_SHOWN = 160;

/** @param {string} raw */
export function cutRaw(raw) {
  const characters = [...raw.slice(0, 2 * RAW_SHOWN + 2)];
  return characters.length > RAW_SHOWN ? `${characters.slice(0, RAW_SHOWN - 1).join("")}…` : raw;
}

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

/** @param {number} seconds  hundredths below ten seconds, tenths below a minute, then minutes */
export function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${number(Math.floor(whole / 60))} min ${whole % 60} s`;
}

/** @param {number} bytes */
export function size(bytes) {
  const units = [plural(bytes, "byte"), "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** step;
  return `${step > 0 && value < 10 ? TENTHS.format(value) : WHOLE.format(value)} ${units[step]}`;
}

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
