/** The view of all carts. */

import { AttentionStrip } from "../elements/attention/attention_strip.js";
import { CartList } from "../elements/carts/cart_list.js";
import { CartSearch } from "../elements/carts/cart_search.js";
import { FigureStrip } from "../elements/attention/figure_strip.js";
import { othersWereSkipped, uploadsMove } from "../elements/uploads/news.js";
import { begunOnce } from "../later.js";

export const elements = {
  "attention-strip": AttentionStrip,
  "figure-strip": FigureStrip,
  "cart-search": CartSearch,
  "cart-list": CartList,
  "cart-panel": begunOnce(({ place }) => place.cart !== null, () => import("../elements/carts/cart_panel.js")),
  "upload-list": begunOnce(uploadsMove, () => import("../elements/uploads/upload_list.js")),
  "skipped-list": begunOnce(othersWereSkipped, () => import("../elements/skipped/skipped_list.js")),
};
