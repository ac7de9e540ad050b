import { act } from "../../paint/action.js";
import { setForeign } from "../../paint/foreign.js";
import { complain, part, show } from "../../paint/patch.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {{id: string, name: string}} Replay  the upload to replay once all is forgotten */

/** The question before everything is deleted. */
export class StartOver extends HTMLElement {
  #life = new AbortController();
  /** @type {Replay | null} */
  #replay = null;

  /** @param {Ports} ports */
  start({ http }) {
    const { signal } = this.#life;
    const dialog = this.#dialog;
    part(this, '[data-action="keep"]').addEventListener("click", () => dialog.close(), { signal });
    const confirm = part(this, '[data-action="confirm"]');
    const work = async () => {
      await http.startOver(this.#replay?.id ?? null);
      dialog.close();
    };
    confirm.addEventListener("click", (event) => act(event, confirm, this, work), { signal });
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /**
   * Ask.
   * @param {Replay} [replay]
   */
  ask(replay) {
    this.#replay = replay ?? null;
    complain(this, "");
    show(part(this, '[data-part="replay"]'), Boolean(replay));
    setForeign(part(this, ".dialog-name"), replay?.name ?? "");
    this.#dialog.showModal();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (part(this, "dialog"));
  }
}
