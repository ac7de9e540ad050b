/** The starts that this tab's own kills have led to: of these, and no others, it may be said that *you* killed the flow. */

const KEPT = "cartwatch.killed";
const MOST = 50;

/** @returns {number[]} executions */
const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");

/** @param {number} execution */
export function noteKill(execution) {
  const known = kept().filter((each) => each !== execution);
  sessionStorage.setItem(KEPT, JSON.stringify([...known, execution].slice(-MOST)));
}

/** @param {number} execution */
export const isOwnKill = (execution) => kept().includes(execution);
