import { startOver } from "../../api/server.js";
import { PageElement } from "../../page_element.js";
import { onPress } from "../../paint/action.js";
import { setForeign } from "../../paint/foreign.js";
import { complain, part, show } from "../../paint/patch.js";

/** @typedef {{id: string, name: string}} Replay  the upload to replay once all is forgotten */

/** The question before everything is deleted. */
export class StartOver extends PageElement {
  /** @type {Replay | null} */
  #replay = null;

  /** @override */
  start() {
    const { signal } = this;
    const dialog = this.#dialog;
    part(this, '[data-action="keep"]').addEventListener("click", () => dialog.close(), { signal });
    onPress(this, "confirm", async () => {
      await startOver(this.#replay?.id ?? null);
      dialog.close();
    }, signal);
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
