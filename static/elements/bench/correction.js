import * as api from "../../api/skipped.js";
import { isQuoted } from "../../json.js";
import { act, tell } from "../../paint/action.js";
import { setForeign } from "../../paint/foreign.js";
import { complain, part, setText, show } from "../../paint/patch.js";
import { sentence } from "../../paint/words.js";

/** How long typing must rest before the server is asked what it would make of the line. */
const REST_MS = 200;
/** The longest line that is put into the field, in characters; a longer one is for a program that edits files. */
const MOST = 64 * 1024;
/** Of so many records what was typed is remembered while others are looked at. */
const DRAFTS = 20;

/** @type {Map<string, string>} what was typed and not sent, by record; it outlives the view */
const drafts = new Map();
let draftsOf = "";

/**
 * The one line that stands for the record that is open: asked about as it is typed, and sent once.
 * @param {HTMLElement} record  another one may stand there later
 * @param {string} generation  that its number is of
 * @param {(state: string) => void} changed  hears what became of it
 * @param {AbortSignal} signal
 * @returns {() => void} what begins with the record that stands there
 */
export function correct(record, generation, changed, signal) {
  if (draftsOf !== generation) drafts.clear();
  draftsOf = generation;
  let typing = 0;
  let asking = new AbortController();
  const idOf = () => record.dataset.record ?? "";
  const field = () => /** @type {HTMLTextAreaElement} */ (part(record, "textarea"));
  const rest = () => {
    clearTimeout(typing);
    asking.abort();
  };

  /** @param {string} valid  yes, no or unknown @param {string} words @param {...(Node | string)} more */
  const say = (valid, words, ...more) => {
    const outcome = part(record, ".mend-outcome");
    outcome.dataset.valid = valid;
    setText(outcome, words);
    outcome.append(...more);
    show(outcome, true);
  };
  const check = async () => {
    const question = (asking = new AbortController()).signal;
    try {
      const told = await api.check(field().value, question);
      if (question.aborted) return;
      if (!told.valid) say("no", sentence(told.message.replace(/^line 1 /, "it ")));
      else say("yes", `valid → ${told.event.type} `, ...named(told.event));
    } catch (refusal) {
      if (!question.aborted) say("unknown", /** @type {Error} */ (refusal).message);
    }
  };
  const typed = () => {
    rest();
    complain(record, "");
    show(part(record, ".mend-again"), false);
    drafts.delete(idOf());
    drafts.set(idOf(), field().value);
    if (drafts.size > DRAFTS) drafts.delete(/** @type {string} */ (drafts.keys().next().value));
    typing = setTimeout(check, REST_MS);
  };

  /** @param {boolean} again  also where a correction was sent before */
  const send = async (again) => {
    const id = idOf();
    const guard = part(record, ".mend-again");
    const line = field().value;
    try {
      const { state } = await api.resubmit(id, line, again);
      if (drafts.get(id) === line) drafts.delete(id); // what was typed since is another one
      if (idOf() !== id) return;
      if (guard.contains(document.activeElement)) field().focus();
      show(guard, false);
      changed(state);
    } catch (refusal) {
      if (/** @type {import("../../http.js").Refusal} */ (refusal).code !== "sent_before") throw refusal;
      show(guard, idOf() === id);
    }
  };
  const putAside = async () => {
    const id = idOf();
    const aside = record.dataset.state !== "aside";
    const wanted = aside ? "aside" : "open";
    const { changed: many } = await api.putAside(`{"ids":[${id}],"aside":${aside}}`);
    const state = many > 0 ? wanted : (await api.one(id)).state;
    if (idOf() !== id) return;
    changed(state);
    if (state === wanted) return;
    throw new Error(`It is ${state} by now: ${aside ? "only an open record can be set aside" : "there is nothing to take back"}.`);
  };

  record.addEventListener("input", typed, { signal });
  record.addEventListener("submit", (event) => {
    event.preventDefault();
    act(new MouseEvent("click"), part(record, "[type=submit]"), part(record, ".mend"), () => send(false));
  }, { signal });
  record.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[type=button][data-action]"));
    if (button) act(event, button, part(record, ".mend"), button.dataset.action === "again" ? () => send(true) : putAside);
  }, { signal });
  record.addEventListener("keydown", (event) => {
    const isField = /** @type {Element} */ (event.target).matches("textarea");
    if (event.key !== "Enter" || !isField || event.isComposing) return;
    event.preventDefault(); // a record is one line
    if (event.ctrlKey || event.metaKey) field().form?.requestSubmit();
  }, { signal });
  signal.addEventListener("abort", rest);

  return () => {
    rest();
    const id = idOf();
    if (!id) return;
    const text = part(record, ".record-text");
    const pad = /** @type {HTMLElement | null} */ (text.querySelector(".record-pad"));
    text.scrollLeft = (pad?.offsetWidth ?? 0) - text.clientWidth / 2;
    if (!record.querySelector("textarea")) return; // who may only read corrects nothing
    const draft = drafts.get(id);
    if (draft !== undefined) {
      field().value = draft;
      check();
    } else if (field().value !== field().defaultValue) {
      typed(); // before this had come
    } else if (part(record, ".mend").dataset.cut !== undefined) {
      tell(part(record, ".mend"), async () => {
        const line = await api.wholeLine(id);
        if (idOf() !== id || field().value) return;
        if (line.length <= MOST) field().value = line;
        else show(part(record, ".mend-outcome"), true);
      });
    }
  };
}

/** An order and its user, as foreign text. @param {{order_id: import("../../json.js").Id, user_id: string}} event */
function named({ order_id, user_id }) {
  return [idNode(String(order_id), isQuoted(order_id)), " for ", idNode(user_id)];
}

/** @param {string} text @param {boolean} [quoted] */
function idNode(text, quoted) {
  const node = document.createElement("bdi");
  node.className = "foreign";
  setForeign(node, text, { quoted });
  return node;
}
