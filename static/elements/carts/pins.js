/** Where the pinned carts of this browser are kept. */
const KEPT = "cartwatch.pins";
/** So many at most: they stand above the list. */
const MOST = 10;

/** The carts that somebody keeps in sight, in the order in which they were pinned. */
export class Pins {
  /** @type {string[]} */
  users = read();

  /** @param {string} user */
  has(user) {
    return this.users.includes(user);
  }

  /**
   * Pin a cart, or no longer; of too many, the oldest goes.
   * @param {string} user
   */
  toggle(user) {
    this.users = this.has(user) ? this.users.filter((each) => each !== user) : [...this.users, user].slice(-MOST);
    localStorage.setItem(KEPT, JSON.stringify(this.users));
  }
}

/** @returns {string[]} */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string").slice(-MOST) : [];
  } catch {
    return []; // somebody else's
  }
}
