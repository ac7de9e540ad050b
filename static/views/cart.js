/** The view of one cart. */

import { CartDetail } from "../elements/cart/cart_detail.js";

export const elements = { "cart-detail": CartDetail };
