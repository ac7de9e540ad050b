import { topic } from "../../api/completed.js";
import { Reading } from "../../api/reading.js";
import { setTime } from "../../paint/clock.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";

/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */

/** How often it is asked how it stands, while somebody looks. */
const PAUSE_MS = 2_000;

/**
 * How the publishing of completed orders stands, in the server's words.
 * @param {PageElement} place
 * @param {Ports} ports
 */
export function begin(place, { connection, clock }) {
  const { signal } = place;
  /** @type {Reading<import("../../api/completed.js").Topic>} */
  const reading = new Reading({
    ask: topic,
    take: ({ state, message, since }) => {
      setAttribute(place, "data-state", state);
      setText(part(place, ".topic-message"), message);
      show(part(place, ".topic-since"), state === "failing");
      setTime(part(place, "time"), since);
      clock.tell();
    },
    tell: () => {},
    pause: () => PAUSE_MS,
    connection,
    signal,
  });
  reading.soon();
}
