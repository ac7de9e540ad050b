/** The view of one file. */

import { uploadsMove } from "../elements/uploads/news.js";
import { begunOnce } from "../later.js";

export const elements = {
  "file-list": begunOnce(uploadsMove, async () => {
    const [facts, list] = await Promise.all([
      import("../elements/files/file_facts.js"),
      import("../elements/files/file_list.js"),
    ]);
    return {
      begin(place, ports) {
        facts.begin(place, ports);
        list.begin(place, ports);
      },
    };
  }),
};
