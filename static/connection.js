import { parse } from "./json.js";

/** Silence after which an open connection is stale: the server's heartbeat is 5 s. */
const SILENCE_MS = 12_000;
/** Silence after which an open connection is given up: nobody is at the other end. */
const DEAD_MS = 45_000;
const FIRST_RETRY_MS = 400;
/** The longest wait between two attempts: a page must be back soon after its server. */
const LAST_RETRY_MS = 5_000;

/** @typedef {"connecting" | "live" | "stale" | "offline"} State */

/** The states of the connection and what moves it; what is not named here changes nothing.
 * @type {Record<State, Partial<Record<"open" | "frame" | "silence" | "close", State>>>} */
const MOVES = {
  connecting: { frame: "live", silence: "stale", close: "offline" },
  live: { silence: "stale", close: "offline" },
  stale: { frame: "live", close: "offline" },
  offline: { open: "connecting" },
};

/**
 * The socket to the server, kept open: it reconnects by itself and always asks for the window wanted *now*.
 * Fires `state` when `state` or `reason` changed, `return` once the server is back (whatever was read before is old), and
 * `frame` with each frame (as `detail`).
 */
export class Connection extends EventTarget {
  /** @type {State} */
  state = "connecting";
  /** Why the server closed the connection, in its own words. */
  reason = "";
  /** Whether the server was ever away. */
  wasAway = false;

  #address;
  #wanted;
  #random;
  /** @type {WebSocket | null} */
  #socket = null;
  #attempts = 0;
  #retry = 0;
  /** When it is tried again; 0: not by itself. */
  #retryAt = 0;
  #silence = 0;

  /**
   * @param {object} ports
   * @param {() => string} ports.address  the socket's address for the window wanted now
   * @param {() => {keep?: string[]}} ports.wanted   that window itself, and the users to be told of, too
   * @param {() => number} [ports.random] the jitter between attempts, 0 to 1
   */
  constructor({ address, wanted, random = Math.random }) {
    super();
    this.#address = address;
    this.#wanted = wanted;
    this.#random = random;
  }

  /**
   * Hear every frame, until the signal ends it.
   * @param {(frame: any) => void} listener
   * @param {AbortSignal} [signal]
   */
  hear(listener, signal) {
    this.addEventListener("frame", (event) => listener(/** @type {CustomEvent} */ (event).detail), { signal });
  }

  /** Connect now. */
  open() {
    clearTimeout(this.#retry);
    const address = this.#address();
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#watch();
    socket.onopen = () => {
      this.#move("open");
      // The person moved on while it was opening, or wants more than an address can say.
      if (this.#address() !== address || this.#wanted().keep?.length) this.ask();
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ reason }) => this.#closed(reason);
  }

  /** Ask for the window wanted now; one that is not open yet asks when it is. */
  ask() {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: "window", ...this.#wanted() }));
    }
  }

  /** The network or the person is back: ask for a fresh snapshot, or try again at once. */
  wake() {
    if (this.#socket) {
      this.ask();
    } else {
      this.#attempts = 0;
      this.open();
    }
  }

  /** Nobody is signed in here any more: it is not tried again before the person is back. */
  rest() {
    this.#release();
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#retryAt = 0;
    this.#move("close", "signed out");
  }

  /** Whether it rests, as nobody is signed in. */
  get rests() {
    return this.state === "offline" && !this.#retryAt;
  }

  /** @returns {number | null} the milliseconds until it is tried again; null where it is not */
  nextTry() {
    return this.state === "offline" && this.#retryAt ? Math.max(0, this.#retryAt - performance.now()) : null;
  }

  /** Give up this socket (it is silent, or talks nonsense) and come back by another. */
  drop() {
    this.#release();
    this.#closed("");
  }

  /** @param {string} data */
  #receive(data) {
    let frame;
    try {
      frame = parse(data);
    } catch {
      this.drop();
      return;
    }
    this.#watch();
    this.#move("frame");
    if (frame?.type !== "error") this.#attempts = 0;
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** @param {string} reason */
  #closed(reason) {
    this.#socket = null;
    clearTimeout(this.#silence);
    const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    const wait = longest * (0.5 + this.#random() / 2);
    this.#retryAt = performance.now() + wait;
    this.#retry = setTimeout(() => this.open(), wait);
    this.#move("close", reason);
  }

  /** Await the next frame: first the silence that makes the connection stale, then the one that ends it. */
  #watch() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#move("silence");
      this.#silence = setTimeout(() => this.drop(), DEAD_MS - SILENCE_MS);
    }, SILENCE_MS);
  }

  #release() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /**
   * @param {"open" | "frame" | "silence" | "close"} event
   * @param {string} [reason]
   */
  #move(event, reason = "") {
    const next = MOVES[this.state][event] ?? this.state;
    if (next === this.state && reason === this.reason) return;
    this.state = next;
    this.reason = reason;
    this.wasAway ||= next === "offline";
    this.dispatchEvent(new Event("state"));
    if (this.wasAway && next === "live") this.dispatchEvent(new Event("return"));
  }
}
