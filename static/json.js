/**
 * JSON with exact integers: order ids are 64-bit, and a JavaScript number is exact to 53 bits only.
 * What a number cannot hold becomes a BigInt; everything else is as JSON.parse leaves it.
 */

/** A run of digits that no safe integer has less of: without one, the plain parser is exact (and faster). */
const LONG = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** @typedef {string | number | bigint} Id */

/**
 * @param {string} text
 * @returns {any}
 * @throws {SyntaxError} where the text is not JSON
 */
export function parse(text) {
  return LONG.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

/**
 * The JSON text of an id, by which `1` and `"1"` are two orders.
 * @param {Id} id
 */
export function textOf(id) {
  return typeof id === "bigint" ? String(id) : JSON.stringify(id);
}

/**
 * Whether a person reads the id in quotes: a string of digits, so that it is not taken for a number.
 * @param {Id} id
 */
export function isQuoted(id) {
  return typeof id === "string" && INTEGER.test(id);
}

/**
 * @param {string} _key
 * @param {unknown} value
 * @param {{source?: string}} [context] the text that the value was read from (in every browser since 2025)
 */
function exact(_key, value, context) {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return INTEGER.test(source) ? BigInt(source) : value;
}
