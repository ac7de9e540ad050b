/** The view of one cart. */

export const elements = {};
