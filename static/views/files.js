/** The view of all files. */

import { uploadsMove } from "../elements/uploads/news.js";
import { begunOnce } from "../later.js";

export const elements = {
  // Somebody else's stream is seen by the records that come.
  "stream-panel": begunOnce(
    ({ store }, panel) => Boolean(store.stats.events_per_second) || panel.querySelector(".stream-running[hidden]") === null,
    () => import("../elements/files/stream_panel.js"),
  ),
  "check-reports": begunOnce(({ sender }) => sender.reports.length > 0, () => import("../elements/files/check_reports.js")),
  "file-list": begunOnce(uploadsMove, () => import("../elements/files/file_list.js")),
};
