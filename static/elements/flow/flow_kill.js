import { adopt, rendered } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { restartFlow } from "../../api/server.js";
import { onPress } from "../../paint/action.js";
import { part, setText } from "../../paint/patch.js";
import { ASKED, tellOwnKills } from "./own_kills.js";

/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */

/** A recovery that is over by then is not announced. */
const QUIET_MS = 1_000;

/**
 * Kill the flow, and hold the stopwatch beside it, whoever killed it: by the socket while it recovers, and then by the
 * exact times, with the start that has them, as the server renders them.
 * @param {PageElement} place
 * @param {Ports} ports
 * @param {object | null} before  null: the flow was not gone
 */
export const begin = (place, ports, before) => new FlowKill(place, ports, before !== null);

class FlowKill {
  #place;
  /** When the flow was gone, by the monotonic clock; 0: no recovery is under way. */
  #began = 0;
  /** What the flow said first while it recovered: when it says something else, its state is restored. */
  #words = "";
  #isMine = false;
  #late = 0;

  /**
   * @param {PageElement} place
   * @param {Ports} ports
   * @param {boolean} isGone
   */
  constructor(place, ports, isGone) {
    const { store, connection, painter, clock } = ports;
    const { signal } = place;
    this.#place = place;
    const view = /** @type {Element} */ (place.closest("#view"));
    /** Whether the view was rendered while a start was on its way: nothing that comes by the socket may tell of its end. */
    const isOnItsWay = () => view.querySelector("[data-phase=catching-up]") !== null;
    const paint = () => {
      if (!this.#began || signal.aborted) return;
      this.#run();
      painter.ask(paint);
    };
    /** @type {Reading<Document>} */
    const reading = new Reading({
      ask: (ending) => rendered("10m", ending),
      take: (page) => {
        this.#take(page, view, ports);
        clock.tell();
      },
      tell: () => {}, // the header says what the flow does, and whether the server is heard
      pause: () => (this.#began || isOnItsWay() ? QUIET_MS : null),
      connection,
      signal,
    });
    const start = () => {
      if (this.#began) return;
      this.#began = performance.now() - goneFor(store);
      this.#words = "";
      for (const mark of this.#watch.children) {
        mark.removeAttribute("data-reached");
        setText(part(mark, ".watch-time"), "–");
      }
      const up = part(this.#watch, "[data-mark=up]"); // a new record may come before it
      up.append(part(this.#watch, ".watch-unit"));
      this.#watch.append(up);
      this.#reach("dead", 0);
      this.#late = setTimeout(() => {
        if (store.flow?.state !== "running") ports.announce("flow", "The flow is gone, and recovers.");
        reading.soon(); // it takes long enough to be followed
      }, QUIET_MS);
      painter.ask(paint);
    };
    const hear = (/** @type {{flow: boolean, stats: boolean}} */ { flow, stats }) => {
      const { state, message } = store.flow ?? {};
      if (flow && state === "down") this.#stop();
      else if (flow && state !== "running") start();
      if (flow && this.#began) {
        const seconds = (performance.now() - this.#began) / 1000;
        if (state === "recovering" && this.#words && message !== this.#words) this.#reach("restored", seconds);
        if (state === "recovering") this.#words ||= message ?? "";
        if (state === "running") {
          clearTimeout(this.#late);
          this.#reach("up", seconds);
          reading.soon();
        }
      }
      // A first new record may come long after all else.
      if (stats && !this.#began && this.#watch.hasAttribute("data-awaits")) reading.soon();
    };
    store.watch(hear, signal);
    onPress(place, "kill", async () => {
      await restartFlow();
      this.#isMine = true;
      start();
    }, signal);
    signal.addEventListener("abort", () => clearTimeout(this.#late));
    tellOwnKills(view);
    if (isGone && store.flow?.state !== "down") start(); // it may be back by now
    if (isOnItsWay()) reading.soon();
    if (store.ready) hear({ flow: true, stats: true });
  }

  get #watch() {
    return part(this.#place, ".watch");
  }

  /**
   * @param {Document} page
   * @param {Element} view
   * @param {Ports} ports
   */
  #take(page, view, { announce }) {
    const { execution = "", over } = part(page, ".watch").dataset;
    const isNews = Number(execution) > Number(this.#watch.dataset.execution);
    if (this.#began && !isNews) return; // the flow that was killed, as it was
    if (!this.#began || over !== undefined) {
      const seconds = Number.parseFloat(part(page, '[data-mark="up"] .watch-time').textContent ?? "");
      if (this.#began && seconds * 1000 > QUIET_MS) announce("flow", `The flow has caught up after ${seconds} s.`);
      adopt(this.#place, page, ".watch");
      clearTimeout(this.#late);
      this.#began = 0;
    } else {
      for (const mark of page.querySelectorAll("[data-mark][data-reached]")) {
        adopt(this.#place, page, `[data-mark="${mark.getAttribute("data-mark")}"]`);
      }
    }
    adopt(view, page, ".starts, .starts-total, [data-empty=starts]");
    const isAsked = view.querySelector(`[data-start="${execution}"] [data-reason="${ASKED}"]`);
    tellOwnKills(view, this.#isMine && isAsked && !this.#began ? execution : "");
    if (!this.#began) this.#isMine = false;
  }

  /** Nothing recovers now: how long that may take, nobody knows. */
  #stop() {
    clearTimeout(this.#late);
    this.#began = 0;
    for (const mark of this.#place.querySelectorAll("[data-mark]:not([data-reached])")) setText(part(mark, ".watch-time"), "–");
  }

  /**
   * @param {string} name
   * @param {number} seconds
   */
  #reach(name, seconds) {
    const mark = part(this.#place, `[data-mark="${name}"]`);
    if (mark.toggleAttribute("data-reached", true)) setText(part(mark, ".watch-time"), seconds.toFixed(2));
  }

  /** The first mark that is not reached runs; a new record may come before or behind all others. */
  #run() {
    const [running, ...rest] = this.#place.querySelectorAll("[data-mark]:not([data-reached], [data-mark=new])");
    if (!running || part(this.#place, "[data-mark=up]").hasAttribute("data-reached")) return;
    setText(part(running, ".watch-time"), ((performance.now() - this.#began) / 1000).toFixed(2));
    for (const mark of rest) setText(part(mark, ".watch-time"), "–");
  }
}

/**
 * For how many milliseconds the flow has not run, as far as the server has said.
 * @param {import("../../store.js").Store} store
 */
function goneFor({ flow, at, receivedAt }) {
  if (!flow || flow.state === "running") return 0;
  return Math.max(0, Date.parse(at) - Date.parse(flow.since) + performance.now() - receivedAt);
}
