import { putAside } from "../../api/skipped.js";
import { resubmitMany } from "../../api/skipped_bulk.js";
import { act, onPress } from "../../paint/action.js";
import { setForeign } from "../../paint/foreign.js";
import { complain, fresh, part, setAttribute, setText, show } from "../../paint/patch.js";
import { reasonWords } from "../../paint/record_words.js";
import { number } from "../../paint/words.js";
import { asideWords, previewWords, sentWords } from "./bulk_words.js";

/** @typedef {import("../../api/skipped_bulk.js").BulkAnswer} BulkAnswer */

/**
 * Many records at once: found and replaced, looked at before they are sent, or set aside.
 * @param {HTMLElement} bench
 * @param {import("./record_list.js").RecordList} list
 * @param {import("../../ports.js").Ports} ports
 * @param {AbortSignal} signal
 * @returns {() => void} what hears that others are chosen
 */
export function startBulk(bench, list, { store, announce }, signal) {
  const form = /** @type {HTMLFormElement} */ (part(bench, ".bulk"));
  const asked = Object.fromEntries(new URLSearchParams(bench.dataset.asked));
  const outcome = part(form, ".bulk-outcome");
  let wasChosen = 0;
  /** @type {string | null} what was looked at, and is sent as it is */
  let looked = null;
  /** @type {number | null} how many were sent the last time */
  let sent = null;
  /** Whether it was asked if all are meant: the next press is the answer. */
  let isSure = false;

  /**
   * @param {string} words
   * @param {BulkAnswer["examples"]} [examples]
   */
  const say = (words, examples = []) => {
    setText(part(form, ".bulk-words"), words);
    show(outcome, true);
    if (send) show(send, false);
    show(part(form, ".bulk-examples"), examples.length > 0);
    part(form, "tbody").replaceChildren(...examples.map(exampleRow));
    outcome.scrollIntoView({ block: "nearest" });
  };
  const verb = asked.state === "aside" ? "Take back" : "Set aside";
  const isOfChosen = () => new FormData(form).get("which") === "chosen";
  /** What was looked at is not what stands there now. */
  const forget = () => {
    looked = sent = null;
    isSure = false;
    complain(form, "");
    show(outcome, false);
    if (aside) setText(aside, `${verb} ${isOfChosen() ? number(list.chosen.size) : "all"}`);
  };
  /** Which records are meant, and what is done with them, as a body. @param {object} what */
  const body = (what) => {
    const all = Object.keys(asked).length > 0 ? asked : { all: true };
    const which = isOfChosen() ? `"ids":[${[...list.chosen].join()}]` : JSON.stringify(all).slice(1, -1);
    return `{${which},${JSON.stringify(what).slice(1)}`;
  };
  const words = () => sentWords(sent ?? 0, store.byState.sent ?? 0, store.flow?.state === "running");

  const preview = async () => {
    forget();
    const said = new FormData(form);
    const mending = { find: said.get("find"), replace: said.get("replace"), regex: said.has("regex") };
    const question = body({ ...mending, preview: true });
    looked = question;
    const found = await resubmitMany(question);
    if (looked !== question) return;
    looked = body({ ...mending, preview: false, until: found.until }); // and nothing that has come since
    say(previewWords(found), found.examples);
    if (!send) return;
    setText(send, `Resubmit ${number(found.to_send)}`);
    show(send, found.to_send > 0);
  };
  /** @param {() => string} done */
  const finish = (done) => {
    const hasFocus = document.activeElement === send;
    list.chosen.clear();
    list.check();
    say(done());
    announce("bulk", done());
    if (hasFocus) outcome.focus();
  };
  const sendAll = async () => {
    try {
      const answer = await resubmitMany(looked ?? "");
      finish(() => {
        sent = answer.sent ?? 0;
        return words();
      });
    } catch (refusal) {
      const { message } = /** @type {Error} */ (refusal);
      throw new Error(`${message} Some may have been sent: preview again, and no more than the rest will be.`);
    }
  };
  const putAllAside = async () => {
    const isAside = asked.state !== "aside";
    const chosen = isOfChosen() ? list.chosen.size : 0;
    if (!chosen && !isSure) {
      say(`${[verb, "all", part(form, ".bulk-all").textContent].join(" ").trim()} that match?`);
      setText(/** @type {HTMLElement} */ (aside), `Yes, ${verb.toLowerCase()} all`);
      isSure = true;
      return;
    }
    forget();
    const { changed } = await putAside(body({ aside: isAside }));
    finish(() => asideWords(changed, isAside, chosen));
  };

  form.addEventListener("input", forget, { signal });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(new MouseEvent("click"), part(form, '[data-action="preview"]'), form, preview);
  }, { signal });
  // Who may only read looks at what would become of them, and has neither of these.
  const send = onPress(form, "send", sendAll, signal);
  const aside = onPress(form, "aside-all", putAllAside, signal);
  store.watch(({ skipped, flow }) => {
    if (sent !== null && (skipped || flow)) setText(part(form, ".bulk-words"), words());
  }, signal);

  /** Who chooses a record means the chosen ones, until none is left of them. */
  const follow = () => {
    const { size } = list.chosen;
    const [chosen, all] = /** @type {[HTMLInputElement, HTMLInputElement]} */ ([...form.querySelectorAll("[name=which]")]);
    chosen.disabled = size === 0;
    if (!size || !wasChosen) (size ? chosen : all).checked = true;
    setText(part(form, ".bulk-chosen"), number(size));
    if (size !== wasChosen) forget();
    wasChosen = size;
  };
  follow();
  return follow;
}

/** @param {BulkAnswer["examples"][number]} example */
function exampleRow({ id, raw, corrected, outcome }) {
  const row = fresh("example");
  setAttribute(row, "data-example", id);
  setText(part(row, ".example-outcome"), outcome === "sent_before" ? "sent before" : reasonWords(outcome));
  setForeign(part(row, ".example-raw"), raw);
  setForeign(part(row, ".example-corrected"), corrected);
  return row;
}
