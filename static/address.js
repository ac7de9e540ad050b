/** The window a page looks at (search, filter, sort, page, or one user) and the addresses that say it. */

/**
 * @typedef {object} Window
 * @property {string} search  what a user id begins with
 * @property {string} filter  all, unpaid, paid or waiting
 * @property {string} sort    recent, user or unpaid
 * @property {string | null} cursor  where the page begins; null: the first one
 * @property {string | null} user    exactly this cart, on its own page
 */

/** @type {Readonly<Window>} */
export const EVERYTHING = Object.freeze({ search: "", filter: "all", sort: "recent", cursor: null, user: null });

const CARTS = "/carts/";

/**
 * The window that the address of a page asks for.
 * @param {{pathname: string, search: string}} location
 * @returns {Window}
 */
export function windowOf({ pathname, search }) {
  if (pathname.startsWith(CARTS)) return { ...EVERYTHING, user: decodeURIComponent(pathname.slice(CARTS.length)) };
  const query = new URLSearchParams(search);
  return {
    search: query.get("search") ?? EVERYTHING.search,
    filter: query.get("filter") || EVERYTHING.filter,
    sort: query.get("sort") || EVERYTHING.sort,
    cursor: query.get("cursor") || null,
    user: null,
  };
}

/**
 * The address of the page that shows a window; what is the default is left out.
 * @param {Window} window
 */
export function addressOf(window) {
  if (window.user !== null) return cartAddress(window.user);
  const query = new URLSearchParams();
  if (window.search) query.set("search", window.search);
  if (window.filter !== EVERYTHING.filter) query.set("filter", window.filter);
  if (window.sort !== EVERYTHING.sort) query.set("sort", window.sort);
  if (window.cursor) query.set("cursor", window.cursor);
  return query.size > 0 ? `/?${query}` : "/";
}

/**
 * The link to one cart. `.` and `..` are no path segments that a browser keeps, so they are searched for.
 * @param {string} userId
 */
export function cartAddress(userId) {
  return userId === "." || userId === ".." ? `/?search=${userId}` : CARTS + encodeURIComponent(userId);
}

/**
 * The socket that plays a window.
 * @param {{protocol: string, host: string}} location
 * @param {Window} window
 */
export function socketAddress({ protocol, host }, window) {
  const query = new URLSearchParams({ search: window.search, filter: window.filter, sort: window.sort });
  if (window.cursor) query.set("cursor", window.cursor);
  if (window.user !== null) query.set("user", window.user);
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/ws?${query}`;
}

/**
 * The download of all carts in a window's search and filter.
 * @param {Window} window
 */
export function exportAddress({ search, filter }) {
  return `/api/carts.jsonl?${new URLSearchParams({ search, filter })}`;
}

/**
 * Whether two windows show the same.
 * @param {Window} one
 * @param {Window} other
 */
export function same(one, other) {
  const keys = /** @type {(keyof Window)[]} */ (Object.keys(EVERYTHING));
  return keys.every((key) => (one[key] ?? null) === (other[key] ?? null));
}
