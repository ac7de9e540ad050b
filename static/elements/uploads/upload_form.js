import { once } from "../../later.js";
import { PageElement } from "../../page_element.js";
import { act } from "../../paint/action.js";
import { part } from "../../paint/patch.js";

/**
 * Where files come from, whatever view is shown: the file input, which every `choose` opens, the drop of files anywhere
 * on the page, and the packaged sample. Beside every view, what is being sent and what was refused.
 */
export class UploadForm extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start(ports) {
    const { sender } = ports;
    const { signal } = this;
    const input = /** @type {HTMLInputElement} */ (part(this, "input[type=file]"));
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      sender.take({ files });
    }, { signal });
    const isNews = () => sender.queue.length + sender.complaints.length > 0;
    const look = once(isNews, async () => (await import("./sending_sheet.js")).showSending(this, ports));
    sender.addEventListener("change", look, { signal });
    document.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("[data-action=choose], [data-action=sample]");
      const place = button?.closest(":has(.error)");
      if (!(button instanceof HTMLElement) || !place) return;
      if (button.dataset.action === "choose") input.click();
      else act(event, button, place, async () => (await import("./sample.js")).sendSample(sender));
    }, { signal });
    const watch = once(() => true, async () => (await import("./drops.js")).watchDrops(sender, signal));
    document.addEventListener("dragenter", ({ dataTransfer }) => {
      if (dataTransfer?.types.includes("Files")) watch();
    }, { signal });
  }
}
