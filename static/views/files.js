/** The view of all files. */

import { CheckReports } from "../elements/files/check_reports.js";
import { FileList } from "../elements/files/file_list.js";
import { StreamPanel } from "../elements/files/stream_panel.js";
import { SendOptions } from "../elements/uploads/send_options.js";

export const elements = {
  "send-options": SendOptions,
  "stream-panel": StreamPanel,
  "check-reports": CheckReports,
  "file-list": FileList,
};
