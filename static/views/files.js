/** The view of all files. */

import { FileList } from "../elements/files/file_list.js";
import { StreamPanel } from "../elements/files/stream_panel.js";
import { begunOnce } from "../later.js";

export const elements = {
  "stream-panel": StreamPanel,
  "check-reports": begunOnce(({ sender }) => sender.reports.length > 0, () => import("../elements/files/check_reports.js")),
  "file-list": FileList,
};
