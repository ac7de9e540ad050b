import { ROOT } from "../../address.js";
import { recovery } from "../../api/recovery.js";
import { Reading } from "../../api/reading.js";
import { restartFlow } from "../../api/server.js";
import { once } from "../../later.js";
import { PageElement } from "../../page_element.js";
import { onPress } from "../../paint/action.js";
import { setTime } from "../../paint/clock.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { size } from "../../paint/measures.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";
import { number } from "../../paint/words.js";
import { paintStarts, StartRow } from "./start_row.js";
import { paintAgreement } from "./agreement.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../api/recovery.js").Recovery} Recovery */

/** How often the facts are read anew while somebody looks at them. */
const PAUSE_MS = 3_000;
/** As many starts as a page of them has. */
const SHOWN = 20;

/** What the flow does, whether its state and the view agree, and a page of its starts; read for as long as it is shown. */
export class RecoveryPanel extends PageElement {
  /** @type {Recovery | null} null: as the server rendered them */
  #facts = null;
  #readAt = "";
  /** Why the facts are not those of now; empty where they are. */
  #unheard = "";

  /** @override @param {Ports} ports */
  start({ store, connection, painter, clock }) {
    const { signal } = this;
    /** @type {KeyedList<{start: import("../../api/recovery.js").Start, newest: boolean}>} */
    const list = new KeyedList(part(this, ".starts"), "start", StartRow);
    /** @type {import("../flow/far_workers.js").FarWorkers | undefined} only where workers are elsewhere */
    let far;
    const paint = () => {
      show(part(this, ".recovery-unheard"), this.#unheard !== "");
      setText(part(this, ".recovery-why"), this.#unheard);
      setAttribute(this, "data-heard", String(this.#unheard === ""));
      if (this.#readAt) setTime(part(this, ".recovery-read"), this.#readAt);
      if (this.#facts) {
        this.#paint(this.#facts, list);
        far?.paint(this.#facts.places);
      }
      clock.tell();
    };
    const lookFar = once(
      () => this.querySelector("[data-far]") !== null || Boolean(this.#facts?.places.some(({ host }) => host !== null)),
      async () => {
        const { FarWorkers } = await import("../flow/far_workers.js");
        far = new FarWorkers(part(this, ".places"));
        painter.ask(paint);
      },
    );
    const page = { limit: SHOWN, cursor: this.dataset.cursor };
    /** @type {Reading<Recovery>} */
    const reading = new Reading({
      ask: (ending) => recovery(page, ending),
      take: (facts) => {
        this.#facts = facts;
        this.#readAt = store.at;
        lookFar();
      },
      tell: (refusal) => {
        this.#unheard = refusal ? wordsFor(refusal) : "";
        painter.ask(paint);
      },
      pause: () => PAUSE_MS,
      connection,
      signal,
    });
    store.watch(({ flow }) => {
      if (flow) reading.soon();
    }, signal);
    onPress(part(this, ".recovery-part"), "restart", async () => {
      await restartFlow();
      reading.soon();
    }, signal);
    reading.soon();
  }

  /**
   * @param {Recovery} facts
   * @param {KeyedList<{start: import("../../api/recovery.js").Start, newest: boolean}>} list
   */
  #paint(facts, list) {
    const { state, since, message, snapshot } = facts;
    setAttribute(part(this, ".recovery-state"), "data-state", state);
    setText(part(this, ".recovery-word"), `The flow is ${state}`);
    setTime(part(this, ".recovery-since-at"), since);
    setText(part(this, ".recovery-message"), message ?? "");
    show(part(this, ".recovery-message"), Boolean(message));
    setTime(part(this, ".snapshot-at"), snapshot.taken_at ?? "");
    show(part(this, ".snapshot-none"), snapshot.taken_at === null);
    setText(part(this, ".snapshot-size"), size(snapshot.bytes));
    paintAgreement(part(this, ".agreement"), facts.agreement, state === "running");
    paintStarts(list, facts);
    setText(part(this, ".starts-total"), number(facts.total));
    show(part(this, '[data-empty="starts"]'), facts.history.length === 0);
    const older = part(this, "#starts-older");
    setAttribute(older, "href", facts.next === null ? "" : `${ROOT}/flow/recovery?cursor=${facts.next}`);
    show(older, facts.next !== null);
  }
}

/** @param {import("../../http.js").Refusal} refusal */
function wordsFor({ code, message }) {
  return code === "unreachable" ? "The server did not answer. It is asked again by itself." : message;
}
