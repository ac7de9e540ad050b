import { upload } from "../../api/sending.js";
import { visible } from "../../paint/foreign.js";

/** @typedef {import("./sender.js").Sender} Sender */
/** @typedef {import("./sender.js").Sending} Sending */
/** @typedef {import("./sender.js").Report} Report */

/** So many reports are kept, the newest first. */
const MOST_REPORTS = 5;

/**
 * Send one file to its end, and note what was refused or reported.
 * @param {Sending} sending
 * @param {Sender} sender
 */
export async function send(sending, sender) {
  const { key, file, rate, check } = sending;
  const name = visible(file.name);
  const { signal } = (sending.life = new AbortController());
  sender.tell();
  // The browser tells a server that is silent and a file that is gone by one and the same event.
  const unreadable = await whyUnreadable(file);
  if (unreadable) sender.complaints.push(`${name}: ${unreadable}`);
  if (unreadable || signal.aborted) return;
  const onProgress = (/** @type {number} */ share) => {
    sending.share = share;
    sender.tell();
  };
  try {
    const answer = await upload(file, { name: file.name, rate, check, onProgress, signal });
    if (!check) return;
    const report = { key, file, outcome: /** @type {import("./sender.js").Check} */ (answer) };
    sender.reports = [report, ...sender.reports].slice(0, MOST_REPORTS);
  } catch (refusal) {
    const { code, message } = /** @type {import("../../http.js").Refusal} */ (refusal);
    const why = code === "unreachable" ? await whyUnreadable(file) : "";
    sender.complaints.push(`${name}: ${why || message}`);
  }
}

/**
 * Why a file cannot be read: it is as it was when it was chosen, or the browser gives nothing of it.
 * @param {File} file
 * @returns {Promise<string>} a sentence; empty where it can be read
 */
async function whyUnreadable(file) {
  try {
    // A file that is gone says that it has no bytes, and no byte of it is read without a complaint.
    await (file.size > 0 ? file.slice(0, 1) : file).arrayBuffer();
    return "";
  } catch (error) {
    return /** @type {Error} */ (error).name === "NotFoundError"
      ? "It is not there any more. Nothing of it was taken in."
      : "It changed since it was chosen, or cannot be read any more. Nothing of it was taken in: choose it again.";
  }
}
