/** The view of one file. */

import { FileFacts } from "../elements/files/file_facts.js";
import { FileList } from "../elements/files/file_list.js";

export const elements = {
  "file-facts": FileFacts,
  "file-list": FileList,
};
