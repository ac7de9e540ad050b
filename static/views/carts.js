/** The view of all carts. */

import { AttentionStrip } from "../elements/attention/attention_strip.js";
import { CartList } from "../elements/carts/cart_list.js";
import { CartPanel } from "../elements/carts/cart_panel.js";
import { CartSearch } from "../elements/carts/cart_search.js";
import { FirstSteps } from "../elements/carts/first_steps.js";
import { FigureStrip } from "../elements/attention/figure_strip.js";
import { SkippedList } from "../elements/skipped/skipped_list.js";
import { SendOptions } from "../elements/uploads/send_options.js";
import { UploadList } from "../elements/uploads/upload_list.js";

export const elements = {
  "attention-strip": AttentionStrip,
  "figure-strip": FigureStrip,
  "cart-search": CartSearch,
  "cart-list": CartList,
  "cart-panel": CartPanel,
  "first-steps": FirstSteps,
  "send-options": SendOptions,
  "upload-list": UploadList,
  "skipped-list": SkippedList,
};
