/**
 * Foreign text on the page: every character is seen, and every character is kept. What cannot be seen is written
 * as an escape that carries what it stands for, so that what is copied is the text itself.
 * The server says it alike (`web/http/foreign.py`).
 */

import { setText } from "./patch.js";

/** Controls, blanks other than a space, what is invisible, a mark on nothing, and spaces at an end. */
const UNSEEN =
  /^\p{M}|(?! )[\p{Cc}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffb]|^ +| +$/gu;
const SHORT = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);

/**
 * The text with all of it to be seen, for a title, a label or a sentence.
 * @param {string} text
 */
export const visible = (text) => text.replace(UNSEEN, shown);

/**
 * Write foreign text into its element.
 * @param {Element} node
 * @param {string} text
 * @param {{quoted?: boolean}} [how]  quoted: in quotes that are not its own, which are seen and not copied
 */
export function setForeign(node, text, { quoted = false } = {}) {
  if (!quoted && text.search(UNSEEN) < 0 && node.childElementCount === 0) {
    setText(node, text);
    return;
  }
  const pieces = quoted ? [escape("", '"'), ...piecesOf(text), escape("", '"')] : piecesOf(text);
  put(node, pieces);
}

/**
 * @param {Element} node
 * @param {(string | Node)[]} pieces
 */
function put(node, pieces) {
  const wanted = document.createDocumentFragment();
  wanted.append(...pieces);
  if (!sameNodes(node, wanted)) node.replaceChildren(wanted);
}

/** So many characters of the end of a long id are always seen: ids differ there. */
const ID_END = 8;

/**
 * Write an id into a column, which cuts a long one before its end, wherever there is no more room.
 * @param {Element} node
 * @param {string} text
 */
export function setForeignCut(node, text) {
  const characters = [...text];
  if (characters.length <= 2 * ID_END) {
    setForeign(node, text);
    return;
  }
  const [head, end] = ["cut-head", "cut-end"].map((name) => {
    const piece = document.createElement("span");
    piece.className = name;
    return piece;
  });
  let left = text.length - characters.slice(-ID_END).join("").length;
  // Of the whole text, so that a space where it is cut is none at an end.
  for (const piece of piecesOf(text)) {
    if (typeof piece === "string") {
      head?.append(piece.slice(0, Math.max(0, left)));
      end?.append(piece.slice(Math.max(0, left)));
    } else (left > 0 ? head : end)?.append(piece);
    left -= typeof piece === "string" ? piece.length : trueText(piece).length;
  }
  const pieces = /** @type {Node[]} */ ([head, end]);
  for (const piece of pieces) piece.normalize(); // as a parser leaves it, without empty texts
  put(node, pieces);
}

/**
 * The text that stands in a foreign element, or in a piece of one.
 * @param {Node} node
 * @returns {string}
 */
export function trueText(node) {
  if (node instanceof HTMLElement && node.dataset.true !== undefined) {
    const codes = node.dataset.true.split(" ").filter(Boolean);
    return codes.map((code) => String.fromCodePoint(Number.parseInt(code, 16))).join("");
  }
  if (node instanceof Text) return node.data;
  return [...node.childNodes].map(trueText).join("");
}

/** @param {string} text */
function piecesOf(text) {
  const pieces = [];
  let end = 0;
  for (const { 0: unseen, index } of text.matchAll(UNSEEN)) {
    pieces.push(text.slice(end, index), escape(unseen, shown(unseen)));
    end = index + unseen.length;
  }
  return [...pieces, text.slice(end)].filter((piece) => piece !== "");
}

/**
 * @param {string} text
 * @param {string} seen  what stands for it
 */
function escape(text, seen) {
  const piece = document.createElement("span");
  piece.className = "escape";
  piece.dataset.true = [...text].map((character) => codeOf(character).toString(16)).join(" ");
  piece.textContent = seen;
  return piece;
}

/** @param {string} unseen */
function shown(unseen) {
  if (unseen.startsWith(" ")) return "␣".repeat(unseen.length);
  const code = codeOf(unseen);
  const digits = code.toString(16);
  return SHORT.get(unseen) ?? (code < 0x1_0000 ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`);
}

/** @param {string} character */
const codeOf = (character) => /** @type {number} */ (character.codePointAt(0));

/**
 * @param {Node} one
 * @param {Node} other
 */
function sameNodes(one, other) {
  const pairs = [...one.childNodes].map((node, at) => [node, other.childNodes[at]]);
  return one.childNodes.length === other.childNodes.length
    && pairs.every(([node, twin]) => node && twin && node.isEqualNode(twin));
}
