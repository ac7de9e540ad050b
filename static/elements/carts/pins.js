import { isUser } from "../../address.js";
import { keep, keptList } from "../../kept.js";

/** Where the pinned carts of this browser are kept. */
const KEPT = "cartwatch.pins";
/** So many at most: they stand above the list. */
const MOST = 10;

/** The carts that somebody keeps in sight, in the order in which they were pinned. */
export class Pins {
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
    const now = read(); // another tab may have pinned one
    this.users = this.has(user) ? now.filter((each) => each !== user) : [...now, user].slice(-MOST);
    keep(KEPT, JSON.stringify(this.users));
  }
}

const read = () => keptList(KEPT).filter(isUser).slice(-MOST);
