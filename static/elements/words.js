/** Numbers and shares as the page says them; the server says them alike (`web/pages.py`). */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
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

/** @param {number | null} pace  records a second; null: no limit */
export function paceWords(pace) {
  if (pace === null) return "as fast as possible";
  return pace === 1 ? "1 record a second" : `${number(pace)} records a second`;
}

/** @param {Record<string, number>} byReason */
export function reasons(byReason) {
  const ordered = Object.entries(byReason).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ordered.map(([reason, count]) => `${number(count)} ${reason}`).join(", ");
}
