/** The page, wired: what comes from the connection goes to the store, and what changed there is painted. */

import { EVERYTHING, socketAddress } from "./address.js";
import { Connection } from "./connection.js";
import { CartList } from "./elements/carts/cart_list.js";
import { CartPage } from "./elements/carts/cart_page.js";
import { CartSearch } from "./elements/carts/cart_search.js";
import { FirstSteps } from "./elements/carts/first_steps.js";
import { AlarmNotice } from "./elements/header/alarm_notice.js";
import { PoliteAnnouncer } from "./elements/header/announcer.js";
import { ConnectionBadge, FlowBadge } from "./elements/header/badges.js";
import { FigureStrip } from "./elements/header/figure_strip.js";
import { FlowMenu } from "./elements/header/flow_menu.js";
import { LiveNotice } from "./elements/header/live_notice.js";
import { StartOver } from "./elements/header/start_over.js";
import { UpgradeNotice } from "./elements/header/upgrade_notice.js";
import { RecoveryPanel } from "./elements/recovery/recovery_panel.js";
import { SkippedList } from "./elements/skipped/skipped_list.js";
import { UploadForm } from "./elements/uploads/upload_form.js";
import { UploadList } from "./elements/uploads/upload_list.js";
import * as http from "./http.js";
import { pressOnce } from "./paint/action.js";
import { PageClock } from "./paint/clock.js";
import { copied } from "./paint/foreign.js";
import { Painter } from "./paint/painter.js";
import { dismiss } from "./paint/patch.js";
import { Place } from "./place.js";
import { Store } from "./store.js";

const ELEMENTS = {
  "connection-badge": ConnectionBadge,
  "flow-badge": FlowBadge,
  "flow-menu": FlowMenu,
  "alarm-notice": AlarmNotice,
  "upgrade-notice": UpgradeNotice,
  "figure-strip": FigureStrip,
  "live-notice": LiveNotice,
  "cart-search": CartSearch,
  "cart-list": CartList,
  "cart-page": CartPage,
  "first-steps": FirstSteps,
  "upload-form": UploadForm,
  "upload-list": UploadList,
  "skipped-list": SkippedList,
  "start-over": StartOver,
  "recovery-panel": RecoveryPanel,
  "polite-announcer": PoliteAnnouncer,
};

const place = new Place();
const store = new Store();
const painter = new Painter();
const clock = new PageClock(painter);
const connection = new Connection({
  address: () => socketAddress(location, place.window),
  wanted: () => place.window,
});

for (const [name, element] of Object.entries(ELEMENTS)) customElements.define(name, element);
const startOver = /** @type {StartOver} */ (document.querySelector("start-over"));
const recoveryPanel = /** @type {RecoveryPanel} */ (document.querySelector("recovery-panel"));
const uploadForm = /** @type {UploadForm} */ (document.querySelector("upload-form"));
/** @type {import("./ports.js").Ports} */
const ports = {
  store,
  connection,
  place,
  painter,
  clock,
  http,
  startOver: (replay) => startOver.ask(replay),
  recovery: () => recoveryPanel.open(),
  choose: () => uploadForm.choose(),
};
for (const name of Object.keys(ELEMENTS)) {
  /** @type {NodeListOf<import("./ports.js").PageElement>} */
  const elements = document.querySelectorAll(name);
  for (const element of elements) element.start(ports);
}

connection.hear((frame) => {
  const outcome = store.apply(frame);
  if (outcome === "nonsense") connection.drop();
  if (outcome === "gap") connection.ask();
  if (outcome === "applied") clock.set(store.at);
  if (frame?.type === "error") place.stay(store.ready ? store.window : EVERYTHING);
});
store.watch(({ carts, skipped }) => {
  if (carts || skipped) clock.tell();
});
place.addEventListener("move", () => connection.ask());
addEventListener("popstate", () => place.follow());
addEventListener("online", () => connection.wake());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) connection.wake();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connection.wake();
});
document.addEventListener("copy", (event) => {
  const text = copied(getSelection());
  if (text === null || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
});
document.addEventListener("click", dismiss);
document.addEventListener("keydown", pressOnce);
clock.start();
connection.open();
