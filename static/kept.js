/** What this browser keeps; one that keeps nothing has it until the page is left. @type {Map<string, string>} */
const here = new Map();

/** @param {string} key */
export function kept(key) {
  try {
    return localStorage.getItem(key) ?? here.get(key) ?? null;
  } catch {
    return here.get(key) ?? null;
  }
}

/**
 * @param {string} key
 * @param {string} value  empty: no more
 */
export function keep(key, value) {
  here.set(key, value);
  try {
    localStorage.setItem(key, value);
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
