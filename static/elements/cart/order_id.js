import { isQuoted } from "../../json.js";
import { setForeign, setForeignCut } from "../../paint/foreign.js";

/**
 * Write the id of an order into a column; a string of digits keeps its quotes, as it is no number.
 * @param {Element} node
 * @param {import("../../json.js").Id} id
 */
export function setOrderId(node, id) {
  if (isQuoted(id)) setForeign(node, String(id), { quoted: true });
  else setForeignCut(node, String(id));
}
