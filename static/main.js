/** The page, wired: what comes from the connection goes to the store, and what changed there is painted. */

import { EVERYTHING, socketAddress } from "./address.js";
import { Connection } from "./connection.js";
import { AlarmNotice } from "./elements/header/alarm_notice.js";
import { PoliteAnnouncer } from "./elements/header/announcer.js";
import { ConnectionBadge, FlowBadge } from "./elements/header/badges.js";
import { FlowMenu } from "./elements/header/flow_menu.js";
import { KeyHelp } from "./elements/header/key_help.js";
import { LiveNotice } from "./elements/header/live_notice.js";
import { StartOver } from "./elements/header/start_over.js";
import { ViewNav } from "./elements/header/view_nav.js";
import { Sender } from "./elements/uploads/sender.js";
import { TroubleNotice } from "./elements/uploads/trouble_notice.js";
import { UploadForm } from "./elements/uploads/upload_form.js";
import * as http from "./http.js";
import { Keys } from "./keys.js";
import { Navigation } from "./navigation.js";
import { pressOnce } from "./paint/action.js";
import { PageClock } from "./paint/clock.js";
import { copied } from "./paint/foreign.js";
import { Painter } from "./paint/painter.js";
import { dismiss, part, show } from "./paint/patch.js";
import { Place } from "./place.js";
import { Screen } from "./screen.js";
import { Store } from "./store.js";

/** Where each key after `g` goes. */
const VIEWS = { c: "/", s: "/skipped", f: "/files", d: "/completed", w: "/flow" };

/** What stands around every view. */
const SHELL = {
  "connection-badge": ConnectionBadge,
  "flow-badge": FlowBadge,
  "flow-menu": FlowMenu,
  "view-nav": ViewNav,
  "alarm-notice": AlarmNotice,
  "live-notice": LiveNotice,
  "trouble-notice": TroubleNotice,
  "upload-form": UploadForm,
  "start-over": StartOver,
  "key-help": KeyHelp,
  "polite-announcer": PoliteAnnouncer,
};

const place = new Place();
const store = new Store();
const painter = new Painter();
const clock = new PageClock(painter);
const keys = new Keys();
const screen = new Screen(store);
const sender = new Sender(http.upload);
const connection = new Connection({
  address: () => socketAddress(location, place.window),
  wanted: () => ({ ...place.window, keep: place.keep }),
});

for (const [name, element] of Object.entries(SHELL)) customElements.define(name, element);
const announcer = /** @type {PoliteAnnouncer} */ (part(document, "polite-announcer"));
/** @type {import("./ports.js").Ports} */
const ports = {
  store,
  connection,
  place,
  painter,
  clock,
  keys,
  screen,
  sender,
  http,
  startOver: (replay) => /** @type {StartOver} */ (part(document, "start-over")).ask(replay),
  announce: (kind, words) => announcer.say(kind, words),
  choose: () => part(document, "#file").click(),
  get navigation() {
    return navigation;
  },
};
const navigation = new Navigation(ports);

for (const name of Object.keys(SHELL)) {
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
store.watch(({ carts, skipped, attention }) => {
  if (carts || skipped || attention) clock.tell();
});
place.addEventListener("move", () => connection.ask());
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
keys.start();
for (const [key, address] of Object.entries(VIEWS)) keys.on(`g ${key}`, () => navigation.go(address));
keys.on("?", () => /** @type {KeyHelp} */ (part(document, "key-help")).open());
let isAway = false;
connection.addEventListener("state", async () => {
  if (connection.state === "offline") isAway = true;
  if (connection.state !== "live" || !isAway) return;
  isAway = false; // an upgrade is a restart: only a page that was away can be behind
  try {
    const version = await http.version();
    show(part(document, "upgrade-notice"), !import.meta.url.includes(`/${version}/`));
  } catch {
    isAway = true; // it went again: ask when it is back
  }
});
part(document, "upgrade-notice button").addEventListener("click", () => location.reload());
await navigation.start();
clock.start();
connection.open();
