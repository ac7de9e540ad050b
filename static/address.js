/** The window a page looks at (search, filter, sort, page, or one user) and the addresses that say it. */

/** What stands before every address of this server: empty or, as in `/orders`, where a proxy has mounted it. */
export const ROOT = new URL("../..", import.meta.url).pathname.slice(0, -1);

/**
 * The path of an address, as it is where nothing is mounted before it.
 * @param {{pathname: string}} address
 */
export const pathOf = ({ pathname }) => (pathname.startsWith(ROOT) ? pathname.slice(ROOT.length) || "/" : pathname);

/**
 * An address of this server; a query that says nothing is left out.
 * @param {string} path  as it is where nothing is mounted before it
 * @param {URLSearchParams} query
 */
export const asked = (path, query) => ROOT + path + (query.size > 0 ? `?${query}` : "");

/**
 * @typedef {object} Window
 * @property {string} search  what a user id begins with
 * @property {string} filter  all, unpaid, paid or waiting
 * @property {string | null} older  how old, in seconds, one id of the filter is at least
 * @property {string} sort    recent, user, unpaid or oldest
 * @property {string | null} cursor  where the page begins; null: the first one
 * @property {string | null} user    exactly this cart, on its own page
 * @property {string | null} limit   "0": no carts, in a view that shows none
 */

/** @type {Readonly<Window>} */
export const EVERYTHING = Object.freeze({
  search: "",
  filter: "all",
  older: null,
  sort: "recent",
  cursor: null,
  user: null,
  limit: null,
});
/** What a view looks at that shows no carts. @type {Readonly<Window>} */
export const NO_CARTS = Object.freeze({ ...EVERYTHING, limit: "0" });

const CARTS = "/carts/";
/** The same page for ids that no browser keeps as a segment of a path. */
const CART = "/cart";

/**
 * The window that the address of a page asks for.
 * @param {{pathname: string, search: string}} location
 * @returns {Window}
 */
export function windowOf({ pathname, search }) {
  const path = pathOf({ pathname });
  const query = new URLSearchParams(search);
  if (path === CART) return { ...EVERYTHING, user: query.get("user_id") };
  if (path.startsWith(CARTS)) return { ...EVERYTHING, user: decode(path.slice(CARTS.length)) };
  if (path !== "/") return NO_CARTS;
  return {
    ...EVERYTHING,
    search: query.get("search") ?? EVERYTHING.search,
    filter: query.get("filter") || EVERYTHING.filter,
    older: query.get("older") || null,
    sort: query.get("sort") || EVERYTHING.sort,
    cursor: query.get("cursor") || null,
  };
}

/**
 * The address of the page that shows a window; what is the default is left out.
 * @param {Window} window
 * @param {{hold?: boolean, cart?: string | null}} [beside]
 */
export function addressOf(window, { hold = false, cart = null } = {}) {
  if (window.user !== null) return cartAddress(window.user);
  const query = new URLSearchParams();
  if (window.search) query.set("search", window.search);
  if (window.filter !== EVERYTHING.filter) query.set("filter", window.filter);
  if (window.older) query.set("older", window.older);
  if (window.sort !== EVERYTHING.sort) query.set("sort", window.sort);
  if (window.cursor) query.set("cursor", window.cursor);
  if (hold) query.set("hold", "1");
  if (cart !== null) query.set("cart", cart);
  return asked("/", query);
}

/**
 * The link to one cart. `.` and `..` are no path segments that a browser keeps, so they are asked for.
 * @param {string} userId
 */
export function cartAddress(userId) {
  return ROOT + (/^\.\.?$/.test(userId) ? `${CART}?user_id=${userId}` : CARTS + encodeURIComponent(userId));
}

/**
 * The socket that plays a window.
 * @param {{protocol: string, host: string}} location
 * @param {Window} window
 * @param {string} since  what is known of it already
 */
export function socketAddress({ protocol, host }, window, since) {
  const query = new URLSearchParams({ search: window.search, filter: window.filter, sort: window.sort });
  if (window.older) query.set("older", window.older);
  if (window.cursor) query.set("cursor", window.cursor);
  if (window.user !== null) query.set("user", window.user);
  if (window.limit !== null) query.set("limit", window.limit);
  if (since) query.set("since", since);
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${ROOT}/ws?${query}`;
}

/** Whether a text can be the id of a user. @param {string} text */
export const isUser = (text) => text !== "" && text.length <= 256 && text.isWellFormed();

/**
 * Whether two windows show the same.
 * @param {Window} one
 * @param {Window} other
 */
export function same(one, other) {
  const keys = /** @type {(keyof Window)[]} */ (Object.keys(EVERYTHING));
  return keys.every((key) => (one[key] ?? null) === (other[key] ?? null));
}

/**
 * Decode a segment of a path, whatever somebody typed: as the server does, a `%` that encodes nothing is itself.
 * @param {string} segment
 */
function decode(segment) {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  return segment.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = run.slice(1).split("%").map((digits) => Number.parseInt(digits, 16));
    return utf8.decode(new Uint8Array(bytes));
  });
}
