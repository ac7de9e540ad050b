import { upload } from "../../api/sending.js";
import { holdPage } from "../../paint/action.js";
import { visible } from "../../paint/foreign.js";

/** @typedef {import("./sender.js").Given} Given */
/** @typedef {import("./sender.js").Sender} Sender */
/** @typedef {import("./sender.js").Sending} Sending */
/** @typedef {import("./sender.js").Report} Report */
/** @typedef {import("./sender.js").Wanted} Wanted */

/** So many reports are kept, the newest first. */
const MOST_REPORTS = 5;

let taken = 0;

/**
 * Send files behind those that are on their way; while there is one, the browser asks before the page is left.
 * @param {Sender} sender
 * @param {Given} given
 * @param {Partial<Wanted>} how
 */
export async function take(sender, { files, folders = [] }, how) {
  const isSending = sender.queue.length > 0;
  if (!isSending) sender.complaints = [];
  sender.complaints.push(...folders.map((name) => `${visible(name)} is a folder: drop the files that are in it.`));
  sender.queue = [...sender.queue, ...files.map((file) => waiting(file, how))];
  sender.tell();
  if (isSending) return;
  await holdPage(async () => {
    for (let next = sender.queue[0]; next; next = sender.queue[0]) {
      await send(next, sender);
      forget(next, sender);
    }
  });
}

/**
 * Send a file no longer; nothing of it is kept.
 * @param {string} key
 * @param {Sender} sender
 */
export function stop(key, sender) {
  const sending = sender.queue.find((each) => each.key === key);
  if (sending?.life) sending.life.abort();
  else if (sending) forget(sending, sender);
}

/**
 * A file that waits to be sent, as the view that is shown wants it where nothing else is said.
 * @param {File} file
 * @param {Partial<Wanted>} how
 * @returns {Sending}
 */
function waiting(file, how) {
  const pace = /** @type {HTMLSelectElement | null} */ (document.querySelector("send-options [name=pace]"));
  const check = /** @type {HTMLInputElement | null} */ (document.querySelector("send-options [name=check]"));
  const wanted = { rate: pace?.value ? Number(pace.value) : null, check: check?.checked ?? false };
  taken += 1;
  return { ...wanted, ...how, key: String(taken), file, share: 0, life: null };
}

/**
 * @param {Sending} sending
 * @param {Sender} sender
 */
function forget(sending, sender) {
  sender.queue = sender.queue.filter((each) => each !== sending);
  sender.tell();
}

/**
 * Send one file to its end, and note what was refused or reported.
 * @param {Sending} sending
 * @param {Sender} sender
 */
async function send(sending, sender) {
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
