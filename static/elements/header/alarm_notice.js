import { ROOT } from "../../address.js";
import { PageElement } from "../../page_element.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";

/** At the very top, for as long as it is true: something is wrong with the data, or the flow does not come up. */
export class AlarmNotice extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    const { signal } = this;
    const paint = () => {
      const { flow } = store;
      const alarm = flow?.alarm ?? "";
      const words = alarm || downBy(flow);
      show(this, words !== "");
      if (!words) return;
      setText(part(this, ".alarm-kind"), alarm ? "Something is wrong:" : "The flow is down:");
      setText(part(this, ".alarm-what"), words);
      setAttribute(this, "title", words);
      setAttribute(part(this, ".alarm-more"), "href", `${ROOT}${alarm ? "/flow/recovery" : "/flow"}`);
      setText(part(this, ".alarm-more"), alarm ? "What differs" : "What to do");
    };
    store.watch(({ flow }) => {
      if (flow) painter.ask(paint);
    }, signal);
    paint();
  }
}

/** @param {import("../../store.js").Flow | null} flow */
const downBy = (flow) => (flow?.state === "down" ? flow.message ?? "" : "");
