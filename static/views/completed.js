/** The view of completed orders. */

import { CompletedFeed } from "../elements/completed/completed_feed.js";
import { begunOnce } from "../later.js";

export const elements = {
  "completed-feed": CompletedFeed,
  "completed-topic": begunOnce(() => true, () => import("../elements/completed/completed_topic.js")),
};
