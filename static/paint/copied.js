/** What is copied of foreign text: the text, and not what stands for it. */

import { trueText } from "./foreign.js";

/**
 * What a selection copies where all that it shows is of one foreign text: that text, or the chosen part of it.
 * @param {Selection | null} selection
 * @returns {string | null} null: something else is selected
 */
export function copied(selection) {
  if (!selection?.rangeCount) return null;
  const range = selection.getRangeAt(0).cloneRange();
  const node = range.commonAncestorContainer;
  const around = node instanceof Element ? node : node.parentElement;
  const piece = around?.closest("[data-true]");
  if (piece) range.selectNode(piece); // an escape is one character, and chosen whole
  if (range.collapsed) return null;
  if (around?.closest(".foreign")) return trueText(range.cloneContents());
  // A click that chooses a whole line chooses the end of its block, and the beginning of the next, too.
  const [only, ...more] = [...document.querySelectorAll(".foreign")].filter(
    (each) => range.intersectsNode(each) && each.checkVisibility(),
  );
  if (!only || more.length > 0) return null;
  if (range.isPointInRange(only, 0)) range.setStart(only, 0);
  if (range.isPointInRange(only, only.childNodes.length)) range.setEnd(only, only.childNodes.length);
  return bare(range.toString()).includes(bare(selection.toString())) ? trueText(range.cloneContents()) : null;
}

/** @param {string} text */
const bare = (text) => text.replace(/\s/g, "");

/**
 * Put it on the clipboard in the place of what the browser would.
 * @param {ClipboardEvent} event
 */
export function copyTrueText(event) {
  const text = copied(getSelection());
  if (text === null || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}
