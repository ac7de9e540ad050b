import { PageElement } from "../../page_element.js";
import { part, setAttribute, setText, show } from "../../paint/patch.js";

/** At the very top, for as long as it is true: something is wrong with the data. */
export class AlarmNotice extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start({ store, painter }) {
    const { signal } = this;
    const paint = () => {
      const alarm = store.flow?.alarm ?? "";
      setText(part(this, ".alarm-what"), alarm);
      setAttribute(this, "title", alarm);
      show(this, alarm !== "");
    };
    store.watch(({ flow }) => {
      if (flow) painter.ask(paint);
    }, signal);
    paint();
  }
}
