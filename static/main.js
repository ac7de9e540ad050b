/** The page, wired: what comes from the connection goes to the store, and what changed there is painted. */

import { socketAddress } from "./address.js";
import { Connection } from "./connection.js";
import { AlarmNotice } from "./elements/alarm_notice.js";
import { PoliteAnnouncer } from "./elements/announcer.js";
import { ConnectionBadge, FlowBadge } from "./elements/badges.js";
import { CartList } from "./elements/cart_list.js";
import { CartPage } from "./elements/cart_page.js";
import { CartSearch } from "./elements/cart_search.js";
import { PageClock } from "./elements/clock.js";
import { FigureStrip } from "./elements/figure_strip.js";
import { FirstSteps } from "./elements/first_steps.js";
import { FlowMenu } from "./elements/flow_menu.js";
import { LiveNotice } from "./elements/live_notice.js";
import { Painter } from "./elements/painter.js";
import { RecoveryPanel } from "./elements/recovery_panel.js";
import { SkippedList } from "./elements/skipped_list.js";
import { StartOver } from "./elements/start_over.js";
import { UploadForm } from "./elements/upload_form.js";
import { UploadList } from "./elements/upload_list.js";
import * as http from "./http.js";
import { Place } from "./place.js";
import { Store } from "./store.js";

/**
 * What an element reaches the rest of the page by.
 * @typedef {object} Ports
 * @property {Store} store
 * @property {Connection} connection
 * @property {Place} place
 * @property {Painter} painter
 * @property {PageClock} clock
 * @property {typeof import("./http.js")} http
 * @property {(replay?: import("./elements/start_over.js").Replay) => void} startOver  asks before everything is deleted
 * @property {() => void} recovery  opens the panel of the flow's recovery
 * @property {() => void} choose  opens the file dialog
 */

const ELEMENTS = {
  "connection-badge": ConnectionBadge,
  "flow-badge": FlowBadge,
  "flow-menu": FlowMenu,
  "alarm-notice": AlarmNotice,
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
const ports = {
  store,
  connection,
  place,
  painter,
  clock,
  http,
  startOver: (/** @type {import("./elements/start_over.js").Replay | undefined} */ replay) => startOver.ask(replay),
  recovery: () => recoveryPanel.open(),
  choose: () => uploadForm.choose(),
};
for (const name of Object.keys(ELEMENTS)) {
  for (const element of document.querySelectorAll(name)) /** @type {CartList} */ (element).start(ports);
}

connection.hear((frame) => {
  const outcome = store.apply(frame);
  if (outcome === "nonsense") connection.drop();
  if (outcome === "gap") connection.ask();
  if (outcome === "applied") clock.set(store.at);
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
clock.start();
connection.open();
