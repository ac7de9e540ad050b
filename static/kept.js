/** What a browser keeps for the page; one that keeps nothing has it until the page is left. */

import { ROOT } from "./address.js";

/** @typedef {() => Storage} Where  of all tabs, or of this one alone; asking for it may be refused */

/** @type {Where} */
const ALL_TABS = () => localStorage;
/** @type {Where} */
export const THIS_TAB = () => sessionStorage;

/** The starts of the flow that this tab's own kills have led to. */
export const OWN_KILLS = "cartwatch.killed";
/** The figures before and after the last time when the flow was away. */
export const FIGURES = "cartwatch.figures";

/** @type {Map<string, string>} */
const here = new Map();

/** What is kept of one server is none of another, mounted elsewhere on the same host. @param {string} key */
const named = (key) => ROOT + key;

/**
 * @param {string} key
 * @param {Where} [where]
 */
export function kept(key, where = ALL_TABS) {
  try {
    return where().getItem(named(key)) ?? here.get(key) ?? null;
  } catch {
    return here.get(key) ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value  empty: no more
 * @param {Where} [where]
 */
export function keep(key, value, where = ALL_TABS) {
  here.set(key, value);
  try {
    where().setItem(named(key), value);
  } catch {
    // it is full, or not to be had
  }
}

/**
 * A list of texts that was kept, whoever wrote it.
 * @param {string} key
 * @returns {string[]}
 */
export function keptList(key) {
  try {
    const said = JSON.parse(kept(key) || "[]");
    return said.filter((/** @type {unknown} */ each) => typeof each === "string");
  } catch {
    return [];
  }
}
