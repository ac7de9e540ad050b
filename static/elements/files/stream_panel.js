import * as api from "../../api/files.js";
import { Reading } from "../../api/reading.js";
import { act, onPress } from "../../paint/action.js";
import { setTime } from "../../paint/clock.js";
import { paceWords } from "../../paint/measures.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { count, number, rate } from "../../paint/words.js";

/** @typedef {import("../../api/files.js").Stream} Stream */
/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */

/** How often is looked whether somebody else has begun one. */
const IDLE_MS = 5_000;
const RUNNING_MS = 1_000;

/**
 * The endless stream: what it is to be like, and how far it is.
 * @param {PageElement} place
 * @param {Ports} ports
 */
export const begin = (place, ports) => new StreamPanel(place, ports);

class StreamPanel {
  #place;

  /**
   * @param {PageElement} place
   * @param {Ports} ports
   */
  constructor(place, { clock, store, connection }) {
    this.#place = place;
    const { signal } = place;
    let runs = false;
    /** How often a stream was begun or ended here: what was asked before that is old. */
    let turns = 0;
    const hear = (/** @type {Stream | null} */ stream) => {
      runs = stream !== null;
      this.#paint(stream);
      if (stream) clock.tell();
    };
    const reading = new Reading({
      ask: async (ending) => ({ turn: turns, stream: await api.stream(ending) }),
      take: ({ turn, stream }) => {
        if (turn === turns) hear(stream);
      },
      tell: (refusal) => {
        setText(part(place, ".stream-words strong"), refusal ? "Was streaming" : "Streaming");
        const stop = place.querySelector('[data-action="stop"]');
        if (stop) setAttribute(stop, "aria-disabled", String(refusal !== null));
      },
      pause: () => (runs ? RUNNING_MS : IDLE_MS),
      connection,
      signal,
    });
    reading.soon();
    store.watch(({ reset }) => {
      if (reset) reading.soon();
    }, signal);
    if (!this.#form) return; // who may only read begins and ends none
    const form = this.#form;
    const begin = part(this.#place, '[data-action="begin"]');
    form.addEventListener("input", () => this.#name(), { signal });
    form.addEventListener("submit", (event) => event.preventDefault(), { signal });
    begin.addEventListener("click", (event) => {
      if (!form.reportValidity()) return;
      act(event, begin, place, async () => {
        const stream = await api.beginStream(this.#asked);
        turns += 1;
        hear(stream);
        reading.soon();
      });
    }, { signal });
    onPress(place, "stop", async () => {
      await api.endStream();
      turns += 1;
      hear(null);
      reading.soon();
    }, signal);
    this.#name();
  }

  /** What a stream is asked for by. */
  get #form() {
    return this.#place.querySelector("form");
  }

  get #asked() {
    const value = (/** @type {string} */ name) => Number(/** @type {HTMLInputElement} */ (part(this.#place, `[name=${name}]`)).value);
    return { rate: value("rate"), users: value("users"), bad: value("bad") / 100 };
  }

  /** The button says how fast. */
  #name() {
    setText(part(this.#place, '[data-action="begin"]'), `Stream ${number(this.#asked.rate)}/s`);
  }

  /** @param {Stream | null} stream  the one that runs */
  #paint(stream) {
    const running = part(this.#place, ".stream-running");
    const idle = this.#form;
    const held = idle && this.#place.contains(document.activeElement) && idle.hidden !== (stream !== null);
    show(running, stream !== null);
    if (idle) show(idle, stream === null);
    if (stream) {
      setText(part(running, ".stream-lines"), count(stream.lines, "record"));
      setText(part(running, ".stream-pace"), paceWords(stream.rate));
      setText(part(running, ".stream-users"), count(stream.users, "user"));
      setText(part(running, ".stream-bad"), `${rate(stream.bad * 100)} %`);
      setTime(part(running, "time"), stream.started_at);
    }
    if (held) part(this.#place, stream ? '[data-action="stop"]' : '[data-action="begin"]').focus({ preventScroll: true });
  }
}
