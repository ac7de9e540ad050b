/** The view of the flow: over time, drawn, killed, and proved to have lost and doubled nothing. */

import { FlowHistory } from "../elements/flow/flow_history.js";
import { FIGURES, kept, OWN_KILLS, THIS_TAB } from "../kept.js";
import { begunOnce } from "../later.js";

/** @typedef {import("../page_element.js").PageElement} PageElement */
/** @typedef {import("../ports.js").Ports} Ports */
/** @typedef {Record<string, number>} Stats */
/** @typedef {{begin(place: PageElement, ports: Ports, before: Stats | null): void}} Panel */

/** @type {WeakMap<HTMLElement, {stats: Stats, gone: boolean}>} the figures of the flow that ran last, by panel */
const last = new WeakMap();

/** @param {Ports["store"]} store */
const isGone = (store) => store.ready && store.flow?.state !== "running";

/**
 * What has something to say once the flow is gone, or this tab knows of a time when it was: it is begun with the figures
 * of before, where the flow is gone.
 * @param {string} key  where that is kept
 * @param {string} also  a selector of what also tells that it is needed
 * @param {() => Promise<Panel>} load
 */
const begunWhenGone = (key, also, load) => begunOnce(({ store }, panel) => {
  const gone = isGone(store);
  if (store.ready) last.set(panel, { stats: (gone && last.get(panel)?.stats) || store.stats, gone });
  return gone || Boolean(kept(key, THIS_TAB)) || panel.closest("#view")?.querySelector(also) != null;
}, async () => {
  const { begin } = await load();
  return {
    begin(place, ports) {
      const now = last.get(place);
      begin(place, ports, now?.gone ? now.stats : null);
    },
  };
});

export const elements = {
  "flow-history": FlowHistory,
  "completed-topic": begunOnce(() => true, () => import("../elements/completed/completed_topic.js")),
  // As long as nothing passes, no figure of it changes; workers elsewhere say a word now and then.
  "flow-graph": begunOnce(
    ({ store }, graph) => Boolean(store.stats.events_per_second) || isGone(store) || graph.querySelector("[data-far]") !== null,
    () => import("../elements/flow/flow_graph.js"),
  ),
  "flow-topics": begunOnce(() => true, () => import("../elements/flow/flow_topics.js")),
  "flow-kill": begunWhenGone(OWN_KILLS, "[data-awaits], [data-phase=catching-up]", () => import("../elements/flow/flow_kill.js")),
  "flow-proof": begunWhenGone(FIGURES, ".proof[data-state=running]", () => import("../elements/flow/flow_proof.js")),
};
