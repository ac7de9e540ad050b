/** The page, wired: what comes from the connection goes to the store, and what changed there is painted. */

import { EVERYTHING, ROOT, socketAddress } from "./address.js";
import { Connection } from "./connection.js";
import { ConnectionBadge, FlowBadge } from "./elements/header/badges.js";
import { LiveNotice } from "./elements/header/live_notice.js";
import { ViewNav } from "./elements/header/view_nav.js";
import { Sender } from "./elements/uploads/sender.js";
import { UploadForm } from "./elements/uploads/upload_form.js";
import { Keys } from "./keys.js";
import { begunOnce, once } from "./later.js";
import { Navigation } from "./navigation.js";
import { pressOnce } from "./paint/action.js";
import { PageClock } from "./paint/clock.js";
import { Painter } from "./paint/painter.js";
import { dismiss, part } from "./paint/patch.js";
import { Place } from "./place.js";
import { Screen } from "./screen.js";
import { Store } from "./store.js";

/** Where each key after `g` goes. */
const VIEWS = { c: "/", s: "/skipped?state=open", f: "/files", d: "/completed", w: "/flow" };

/** @typedef {import("./elements/header/key_help.js").KeyHelp} KeyHelp */
/** @typedef {import("./elements/header/polite_announcer.js").PoliteAnnouncer} PoliteAnnouncer */
/** @typedef {import("./elements/header/start_over.js").StartOver} StartOver */
/** @typedef {import("./page_element.js").PageElement} PageElement */

/** What stands around every view. */
const SHELL = {
  "connection-badge": ConnectionBadge,
  "flow-badge": FlowBadge,
  "view-nav": ViewNav,
  "live-notice": LiveNotice,
  "upload-form": UploadForm,
  "flow-menu": begunOnce(() => false, () => import("./elements/header/flow_menu.js")),
};

const place = new Place();
const store = new Store();
const painter = new Painter();
const clock = new PageClock(painter);
const keys = new Keys();
const screen = new Screen(store);
const sender = new Sender();
const connection = new Connection({
  address: () => socketAddress(location, place.window, place.keep.length > 0 ? "" : store.since(place.window)),
  wanted: () => ({ ...place.window, keep: place.keep }),
});

for (const [name, element] of Object.entries(SHELL)) customElements.define(name, element);
/** @type {import("./ports.js").Known | null} */
let known = null;
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
  startOver: async (replay) => /** @type {StartOver} */ (await summoned("start-over")).ask(replay),
  announce: async (kind, words) => /** @type {PoliteAnnouncer} */ (await summoned("polite-announcer")).say(kind, words),
  get known() {
    return known;
  },
  get navigation() {
    return navigation;
  },
};
const navigation = new Navigation(ports);

// Who may only read has no form for uploads.
for (const name of Object.keys(SHELL)) /** @type {PageElement | null} */ (document.querySelector(name))?.start(ports);

connection.hear((frame) => {
  const outcome = store.apply(frame);
  if (outcome === "nonsense") connection.drop();
  if (outcome === "gap") connection.ask();
  if (outcome === "applied") clock.set(store.at);
  if (frame?.type === "error") place.stay(store.ready ? store.window : EVERYTHING);
});
const lookForAlarm = once(() => Boolean(store.flow?.alarm) || store.flow?.state === "down", () => summoned("alarm-notice"));
const lookForTrouble = once(
  () => [...store.uploads.items.values()].some(({ state, accepted }) => state === "paused" || (state === "done" && !accepted)),
  () => summoned("trouble-notice"),
);
const lookForNews = once(
  () => known?.skipped !== store.skipped.total
    || [...store.uploads.items].some(([key, { state }]) => known?.states.get(key) !== state),
  () => summoned("polite-announcer"),
);
store.watch(({ carts, skipped, attention, reset }) => {
  if (carts || skipped || attention) clock.tell();
  if (!known || reset) {
    const states = new Map([...store.uploads.items].map(([key, { state }]) => [key, state]));
    known = { states, skipped: store.skipped.total };
  }
  lookForAlarm();
  lookForTrouble();
  lookForNews();
});
place.addEventListener("move", () => connection.ask());
addEventListener("online", () => connection.wake());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) connection.wake();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connection.wake();
});
// Nothing is copied that was not selected before.
document.addEventListener("selectionchange", once(() => true, async () => {
  document.addEventListener("copy", (await import("./paint/copied.js")).copyTrueText);
}));
document.addEventListener("click", dismiss);
document.addEventListener("keydown", pressOnce);
for (const [key, way] of Object.entries({ "[": "prev", "]": "next" })) {
  keys.on(key, () => {
    // Where a cart stands beside the carts, the page is that of these.
    const links = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`a[rel=${way}]`));
    [...links].find((link) => link.checkVisibility())?.click();
  });
}
for (const [key, address] of Object.entries(VIEWS)) keys.on(`g ${key}`, () => navigation.go(ROOT + address));
keys.on("?", async () => /** @type {KeyHelp} */ (await summoned("key-help")).open());
const listen = once(() => connection.wasAway, async () => {
  try {
    (await import("./paint/answered.js")).listen(connection);
  } catch (gone) {
    setTimeout(listen, 1_000); // there is no other word of its return, where that is a refusal
    throw gone;
  }
});
connection.addEventListener("state", listen);
await navigation.start();
clock.start();
connection.open();
// By then nobody waits for what comes first.
setTimeout(once(() => true, () => import("./spare.js")), 5_000);

/**
 * An element of the shell that stands there unseen, loaded and started now that somebody needs it.
 * @param {string} name
 */
async function summoned(name) {
  const element = /** @type {PageElement} */ (part(document, name));
  if (!customElements.get(name)) {
    const [Element] = Object.values(await import(`./elements/header/${name.replace("-", "_")}.js`));
    if (!customElements.get(name)) {
      customElements.define(name, Element);
      element.start(ports);
    }
  }
  return element;
}
