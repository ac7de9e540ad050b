import { acceptLoss, adopt, kafka, rendered } from "../../api/flow.js";
import { Reading } from "../../api/reading.js";
import { act } from "../../paint/action.js";
import { duration } from "../../paint/measures.js";
import { part, setAttribute, setText } from "../../paint/patch.js";
import { number } from "../../paint/words.js";

/** @typedef {import("../../api/flow.js").Kafka} Kafka */
/** @typedef {import("../../page_element.js").PageElement} PageElement */
/** @typedef {import("../../ports.js").Ports} Ports */

/** What is described by the server alone, as it seldom changes. */
const PARTS = ".topics-words, .topics-lost, tbody";

/** @param {Kafka} facts  what of it is in those parts, but for the figures */
const seldom = ({ state, message, partitions, lost }) => JSON.stringify([
  state, message, lost, partitions.map(({ topic, partition }) => [topic, partition]),
]);

/**
 * How far each partition was read, asked once a second; and the decision about what is lost.
 * @param {PageElement} place
 * @param {Ports} ports
 */
export function begin(place, { painter, connection }) {
  const { signal } = place;
  /** @type {Kafka | null} */
  let facts = null;
  let shown = "";
  const paint = () => {
    for (const { topic, partition, next, lag, lag_seconds: behind } of facts?.partitions ?? []) {
      const row = place.querySelector(`[data-partition="${CSS.escape(`${topic}/${partition}`)}"]`);
      if (!row) continue;
      setText(part(row, "[data-fact=next]"), number(next));
      setText(part(row, "[data-fact=lag]"), number(lag));
      setText(part(row, "[data-fact=behind]"), behind === null ? "–" : duration(behind));
    }
  };
  /** @type {Reading<{facts: Kafka, page: Document | null}>} */
  const reading = new Reading({
    ask: async (ending) => {
      const told = await kafka(ending);
      return { facts: told, page: seldom(told) === shown ? null : await rendered("10m", ending) };
    },
    take: (told) => {
      ({ facts } = told);
      const fresh = told.page?.querySelector("flow-topics");
      if (fresh) {
        adopt(place, fresh, PARTS);
        setAttribute(place, "data-kafka", facts.state);
        shown = seldom(facts);
      }
      painter.ask(paint);
    },
    tell: () => {}, // the charts above say it: they are refused alike
    pause: () => 1_000,
    connection,
    signal,
  });
  place.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-action=accept-loss]"));
    if (!button) return;
    act(event, button, place, async () => {
      await acceptLoss(button.dataset.loss ?? "");
      reading.soon();
    });
  }, { signal });
  reading.soon();
}
