/** The view of completed orders. */

import { CompletedFeed } from "../elements/completed/completed_feed.js";

export const elements = { "completed-feed": CompletedFeed };
