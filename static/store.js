import { EVERYTHING, same } from "./address.js";
import { GAP, Listing } from "./listing.js";

/** @typedef {import("./json.js").Id} Id */
/** @typedef {import("./address.js").Window} Window */

/**
 * @typedef {object} Summary  one cart; the ids stand oldest first
 * @property {string} user_id
 * @property {number} version
 * @property {Id[]} paid_order_ids
 * @property {Id[]} unpaid_order_ids
 * @property {Id[]} waiting_payment_ids
 */

/**
 * @typedef {object} Counts  of a whole cart, whose lists may hold the newest ids alone
 * @property {number} paid
 * @property {number} unpaid
 * @property {number} waiting
 * @property {string} updated_at
 * @property {string | null} oldest_unpaid_at
 * @property {string | null} oldest_waiting_at
 */

/** @typedef {Summary & Counts} Cart  a cart as the row of a list has it */

/**
 * @typedef {object} Upload
 * @property {Id} id
 * @property {string} name
 * @property {string} state  queued, running, paused, done, cancelled or failed
 * @property {number | null} lines
 * @property {number} processed
 * @property {number} accepted
 * @property {number} skipped
 * @property {number} duplicates
 * @property {number | null} rate  lines a second; null: as fast as possible
 * @property {string} [queued_because]
 * @property {string | null} [paused_because]
 * @property {string | null} [paused_at]
 * @property {string} created_at
 * @property {string | null} finished_at
 * @property {number} bytes
 * @property {number} blank
 * @property {string | null} [error]
 * @property {string | null} [looks_like]  what its file looks like where that is not JSON Lines
 */

/**
 * @typedef {object} Skipped
 * @property {number} id
 * @property {string} source
 * @property {number} line
 * @property {string} reason
 * @property {string} message
 * @property {string} raw
 * @property {boolean} raw_cut
 * @property {"open" | "sent" | "landed" | "aside"} state
 * @property {string} skipped_at
 */

/**
 * @typedef {object} Flow
 * @property {"running" | "recovering" | "restarting" | "down"} state
 * @property {string} since
 * @property {string | null} message
 * @property {string | null} [alarm]  what is wrong with the data, however well the flow runs
 */

/**
 * @typedef {object} Attention  what waits for somebody; null where it is not known yet
 * @property {number} older  seconds after which an order or a payment waits for too long
 * @property {{carts: number, oldest_at: string | null} | null} unpaid
 * @property {{carts: number, oldest_at: string | null} | null} waiting
 * @property {number} skipped_open
 * @property {number} uploads_paused
 * @property {number} uploads_failed
 * @property {number} recoveries_today
 */

/**
 * Which parts changed; of a list, the keys of the items that did (null: the list is as it was).
 * @typedef {object} Change
 * @property {boolean} reset   somebody started over: all that was known is gone
 * @property {boolean} window  a snapshot: the carts are of the window asked for
 * @property {boolean} stats
 * @property {boolean} flow
 * @property {boolean} attention
 * @property {Set<string> | null} carts
 * @property {Set<string> | null} uploads
 * @property {Set<string> | null} skipped
 */

const LISTS = ["paid_order_ids", "unpaid_order_ids", "waiting_payment_ids"];

/** How many carts that left the screen are remembered, so that none comes back older than it was. */
const REMEMBERED = 1000;

/**
 * The facts that the page shows, and no more than it shows. Knows no DOM and no network.
 * Fires `change` with a {@link Change}.
 */
export class Store extends EventTarget {
  /** Whether a snapshot has come. */
  ready = false;
  generation = "";
  #version = 0;
  /** The server's time of the newest frame. */
  at = "";
  /** When it came, by this machine's monotonic clock. */
  receivedAt = 0;
  /** @type {Window} the window that the carts are of */
  window = EVERYTHING;
  /** @type {Record<string, number>} */
  stats = {};
  /** @type {Flow | null} */
  flow = null;
  /** @type {Attention | null} */
  attention = null;
  /** @type {string | null} where the next page of carts begins */
  next = null;
  /** @type {Record<string, number>} */
  byReason = {};
  /** @type {Record<string, number>} how many skipped records are open, sent, landed or aside */
  byState = {};
  /** @type {Listing<Cart>} */
  carts = new Listing((cart) => cart.user_id, newer);
  /** @type {Listing<Cart>} those that are to be told of whatever the window holds */
  kept = new Listing((cart) => cart.user_id, newer);
  /** @type {Listing<Upload>} */
  uploads = new Listing((upload) => String(upload.id), latest);
  /** @type {Listing<Skipped>} */
  skipped = new Listing((record) => String(record.id), latest);

  /** @type {Map<string, Cart>} */
  #seen = new Map();

  /**
   * Hear of every change, until the signal ends it.
   * @param {(change: Change) => void} listener
   * @param {AbortSignal} [signal]
   */
  watch(listener, signal) {
    this.addEventListener("change", (event) => listener(/** @type {CustomEvent<Change>} */ (event).detail), { signal });
  }

  /** What the server is told by who comes back, so that it sends what was missed. @param {Window} window */
  since(window) {
    return this.ready && same(window, this.window) ? `${this.generation}.${this.#version}` : "";
  }

  /**
   * Take a frame in.
   * @param {any} frame
   * @returns {"applied" | "ignored" | "gap" | "nonsense"} gap: something is missing, a snapshot must be asked for
   */
  apply(frame) {
    switch (frame?.type) {
      case "heartbeat":
        this.at = frame.at;
        return "applied";
      case "snapshot":
        return isWhole(frame) ? this.#start(frame) : "nonsense";
      case "changes":
        return this.ready ? this.#change(frame) : "ignored";
      case "error":
        return "ignored";
      default:
        return "nonsense";
    }
  }

  /** @param {any} frame */
  #start(frame) {
    const reset = this.ready && frame.generation !== this.generation;
    if (reset) this.#forget();
    this.ready = true;
    this.generation = frame.generation;
    this.window = frame.window;
    const { carts, uploads, skipped } = frame;
    this.kept.replace(this.#known(frame.kept ?? { items: [] }));
    this.#finish(frame, {
      reset,
      window: true,
      carts: this.carts.replace(this.#known(carts)),
      uploads: this.uploads.replace(uploads),
      skipped: this.skipped.replace(skipped),
    });
    return /** @type {const} */ ("applied");
  }

  /** @param {any} frame */
  #change(frame) {
    const { kept, carts, uploads, skipped } = frame;
    try {
      if (kept) this.kept.merge(this.#known(kept));
      const changed = carts && this.carts.merge(this.#known(carts));
      this.#finish(frame, {
        reset: false,
        window: false,
        carts: changed ?? (kept ? new Set() : null),
        uploads: uploads ? this.uploads.merge(uploads) : null,
        skipped: skipped ? this.skipped.merge(skipped) : null,
      });
    } catch (error) {
      if (error !== GAP) throw error;
      return "gap";
    }
    return /** @type {const} */ ("applied");
  }

  /**
   * @param {any} frame
   * @param {Pick<Change, "reset" | "window" | "carts" | "uploads" | "skipped">} change
   */
  #finish(frame, change) {
    this.at = frame.at ?? this.at;
    this.#version = frame.version;
    this.receivedAt = performance.now();
    this.stats = frame.stats ?? this.stats;
    this.flow = frame.flow ?? this.flow;
    this.attention = frame.attention ?? this.attention;
    if (frame.carts && "next" in frame.carts) this.next = frame.carts.next;
    this.byReason = frame.skipped?.by_reason ?? this.byReason;
    this.byState = frame.skipped?.by_state ?? this.byState;
    const facts = { stats: Boolean(frame.stats), flow: Boolean(frame.flow), attention: Boolean(frame.attention) };
    this.dispatchEvent(new CustomEvent("change", { detail: { ...change, ...facts } }));
  }

  /**
   * A part with the newest version ever heard of each cart.
   * @template {{items: Cart[]}} P
   * @param {P} part
   * @returns {P}
   */
  #known(part) {
    return { ...part, items: part.items.map(this.#newest, this) };
  }

  /**
   * The newest version ever heard of this cart.
   * @param {Cart & {was?: number}} cart  whole, or what changed in the version that it was
   */
  #newest(cart) {
    const user = cart.user_id;
    const seen = this.#seen.get(user) ?? this.carts.items.get(user) ?? this.kept.items.get(user);
    const isOld = seen && seen.version >= cart.version;
    if (!isOld && cart.was !== undefined && cart.was !== seen?.version) throw GAP;
    const newest = isOld ? seen : changed(seen, cart);
    this.#seen.delete(cart.user_id);
    this.#seen.set(cart.user_id, newest);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(/** @type {string} */ (this.#seen.keys().next().value));
    return newest;
  }

  #forget() {
    this.#seen.clear();
    for (const listing of [this.carts, this.kept, this.uploads, this.skipped]) listing.clear();
  }
}

/**
 * @param {Cart} known
 * @param {Cart} cart
 */
const newer = (known, cart) => (cart.version > known.version ? cart : known);

/**
 * @template T
 * @param {T} known
 * @param {T} item
 * @param {boolean} isWhole
 */
const latest = (known, item, isWhole) => (isWhole ? item : { ...known, ...item });

/**
 * A cart with what changed in it: of a list of ids, which went out and which came in, by their places.
 * @param {any} known
 * @param {any} cart
 * @returns {Cart}
 */
function changed(known, cart) {
  const whole = { ...known, ...cart };
  for (const name of LISTS) {
    const { out, in: came } = whole[name];
    if (!out) continue;
    whole[name] = known[name].filter((/** @type {Id} */ _, /** @type {number} */ place) => !out.includes(place));
    for (const [place, id] of came) whole[name].splice(place, 0, id);
  }
  return whole;
}

/** @param {any} frame */
function isWhole(frame) {
  const lists = [frame.carts, frame.uploads, frame.skipped];
  const facts = [frame.window, frame.stats, frame.flow];
  if (typeof frame.generation !== "string" || !facts.every(Boolean)) return false;
  return lists.every((part) => Array.isArray(part?.items));
}
