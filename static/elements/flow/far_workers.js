import { setTime } from "../../paint/clock.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { part, setText, show } from "../../paint/patch.js";

/**
 * @typedef {object} Place  where a worker of the flow is, or an agent that waits
 * @property {number | null} worker  null: it takes no part
 * @property {string | null} host  null: the machine of the server
 * @property {string | null} heard_at
 * @property {string | null} because  why it takes no part
 */

/** One worker on another machine; the server says it alike (`web/http/pages/far_words.py`). */
class FarRow {
  /** @param {HTMLElement} element  a rendered `_far.html` */
  constructor(element) {
    this.element = element;
  }

  /** @param {{at: string, place: Place}} item */
  update({ at, place }) {
    const { worker, host, heard_at, because } = place;
    this.element.dataset.far = at;
    setText(part(this.element, ".far-words"), worker === null ? `${host} waits: ${because}` : `Worker ${worker} on ${host}`);
    setTime(part(this.element, ".far-at"), heard_at ?? "");
  }
}

/** The workers on other machines, and the agents that wait there. */
export class FarWorkers {
  #element;
  #list;

  /** @param {HTMLElement} element  a rendered `_places.html` */
  constructor(element) {
    this.#element = element;
    /** @type {KeyedList<{at: string, place: Place}>} */
    this.#list = new KeyedList(element, "far", FarRow);
  }

  /** @param {Place[]} places  all that the server tells of */
  paint(places) {
    const far = new Map(places.filter(({ host }) => host !== null).map((place, at) => [String(at), place]));
    this.#list.paint([...far.keys()], (at) => ({ at, place: /** @type {Place} */ (far.get(at)) }));
    show(this.#element, far.size > 0);
  }
}
