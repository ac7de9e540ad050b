/** Paces, durations and sizes as the page says them; the server says them alike (`web/http/pages/filters.py`). */

import { number, plural, TENTHS, WHOLE } from "./words.js";

const EXACT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });

/** @param {number | null} pace  records a second, told to the last digit; null: no limit */
export function paceWords(pace) {
  return pace === null ? "as fast as possible" : `${EXACT.format(pace)} ${plural(pace, "record")} a second`;
}

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
