import { Refusal } from "../../http.js";
import { act } from "../../paint/action.js";
import { setTime } from "../../paint/clock.js";
import { KeyedList } from "../../paint/keyed_list.js";
import { complain, part, setAttribute, setText, show } from "../../paint/patch.js";
import { number, size } from "../../paint/words.js";
import { paintAgreement } from "./agreement.js";
import { StartRow } from "./start_row.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("./start_row.js").Start} Start */

/**
 * @typedef {import("../../store.js").Flow & {history: Start[], snapshot: {taken_at: string | null, bytes: number},
 *   agreement: import("./agreement.js").Agreement | null}} Recovery
 */

/** How often the facts are read anew while somebody looks at them. */
const PAUSE_MS = 3_000;
/** An answer that takes longer does not come any more. */
const PATIENCE_MS = 10_000;
/** As many starts as the server gives where it is not asked for more. */
const MOST = 20;

/** What the flow does, whether its state and the view agree, and every start of it; read for as long as it is open. */
export class RecoveryPanel extends HTMLElement {
  #life = new AbortController();
  /** @type {Recovery | null} */
  #facts = null;
  #readAt = "";
  /** Why the facts are not those of now; empty where they are. */
  #unheard = "";
  #timer = 0;
  #reading = false;
  #again = false;
  #read = () => {};
  #ask = () => {};

  /** @param {Ports} ports */
  start({ store, connection, painter, clock, http }) {
    const { signal } = this.#life;
    const dialog = this.#dialog;
    /** @type {KeyedList<{start: Start, newest: boolean}>} */
    const list = new KeyedList(part(this, ".starts"), "start", StartRow);
    const paint = () => {
      this.#paint(list);
      clock.tell();
    };
    this.#ask = () => painter.ask(paint);
    const heard = () => connection.state !== "offline";
    this.#read = async () => {
      clearTimeout(this.#timer);
      this.#again = this.#reading;
      if (this.#reading || !dialog.open) return;
      this.#reading = true;
      try {
        if (!heard()) throw new Refusal("offline", "No connection to the server. Trying again by itself.");
        this.#facts = await http.recovery(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
        this.#readAt = store.at;
        this.#unheard = "";
      } catch (refusal) {
        this.#unheard = wordsFor(/** @type {Refusal} */ (refusal));
      } finally {
        this.#reading = false;
      }
      if (signal.aborted || !dialog.open) return;
      this.#ask();
      if (this.#again) this.#read();
      else this.#timer = setTimeout(this.#read, PAUSE_MS);
    };
    store.watch(({ flow }) => {
      if (flow) this.#read();
    }, signal);
    connection.addEventListener("state", this.#read, { signal });
    // The dialog's own box is all backdrop: what it shows is in the body inside it.
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog) dialog.close();
    }, { signal });
    part(this, '[data-action="close"]').addEventListener("click", () => dialog.close(), { signal });
    this.#offerRestart(http, signal);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#life.abort();
  }

  /** Show the panel, and read what it tells: nothing that was read before it was closed passes for new. */
  open() {
    if (this.#dialog.open) return;
    complain(this, "");
    this.#facts = null;
    this.#unheard = "";
    this.#dialog.showModal();
    this.#ask();
    this.#read();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }

  /**
   * @param {Ports["http"]} http
   * @param {AbortSignal} signal
   */
  #offerRestart(http, signal) {
    const restart = part(this, '[data-action="restart"]');
    const work = async () => {
      await http.restartFlow();
      this.#read();
    };
    restart.addEventListener("click", (event) => act(event, restart, this, work), { signal });
  }

  /** @param {KeyedList<{start: Start, newest: boolean}>} list */
  #paint(list) {
    const facts = this.#facts;
    show(part(this, ".recovery-unheard"), this.#unheard !== "");
    setText(part(this, ".recovery-why"), this.#unheard);
    show(part(this, ".recovery-asof"), facts !== null);
    setTime(part(this, ".recovery-read"), this.#readAt);
    show(part(this, ".recovery-loading"), facts === null && this.#unheard === "");
    show(part(this, ".recovery"), facts !== null);
    setAttribute(this.#dialog, "data-heard", String(this.#unheard === ""));
    if (!facts) return;
    this.#paintNow(facts);
    paintAgreement(part(this, ".agreement"), facts.agreement, facts.state === "running");
    const starts = new Map(facts.history.map((start) => [String(start.execution), start]));
    const [newest] = starts.keys();
    list.paint([...starts.keys()], (key) => ({ start: /** @type {Start} */ (starts.get(key)), newest: key === newest }));
    show(part(this, '[data-empty="starts"]'), starts.size === 0);
    show(part(this, ".recovery-full"), starts.size >= MOST);
    setText(part(this, ".starts-shown"), number(starts.size));
  }

  /** @param {Recovery} facts */
  #paintNow({ state, since, message, snapshot }) {
    setAttribute(part(this, ".recovery-state"), "data-state", state);
    setText(part(this, ".recovery-word"), `The flow is ${state}`);
    setTime(part(this, ".recovery-since-at"), since);
    setText(part(this, ".recovery-message"), message ?? "");
    show(part(this, ".recovery-message"), Boolean(message));
    setTime(part(this, ".snapshot-at"), snapshot.taken_at ?? "");
    show(part(this, ".snapshot-none"), snapshot.taken_at === null);
    setText(part(this, ".snapshot-size"), size(snapshot.bytes));
  }
}

/** @param {Refusal} refusal */
function wordsFor({ code, message }) {
  return code === "unreachable" ? "The server did not answer. It is asked again by itself." : message;
}
