import { pathOf, ROOT } from "../../address.js";
import { workbench } from "../../api/skipped.js";
import { addressOf } from "../../form_address.js";
import { PageElement } from "../../page_element.js";
import { tell } from "../../paint/action.js";
import { part, setText, show } from "../../paint/patch.js";
import { liveReading } from "./live_reading.js";
import { RecordList, idOf, rowOf } from "./record_list.js";

/** How long typing must rest before the records are looked for. */
const REST_MS = 250;

/** What was chosen, and in which filter: it outlives the pages of that. */
const kept = { asked: "", generation: "", chosen: /** @type {Set<string>} */ (new Set()) };

/** The workbench of skipped records: they are found, looked at, corrected and sent again. */
export class SkippedBench extends PageElement {
  /** @override @param {import("../../ports.js").Ports} ports */
  start(ports) {
    const { signal } = this;
    const asked = this.dataset.asked ?? "";
    const { generation = "" } = this.dataset;
    // After a reset the same numbers are those of other records.
    if (kept.asked !== asked || kept.generation !== generation) Object.assign(kept, { asked, generation, chosen: new Set() });
    const record = part(this, ".record");
    const list = new RecordList(this, kept.chosen, signal);
    /** @param {string} state */
    const changed = (state) => {
      record.dataset.state = state;
      /** @type {HTMLElement | null} */
      const aside = record.querySelector('[data-action="aside"]');
      if (aside) show(aside, state === "open" || state === "aside");
      list.become(list.open, state);
    };
    /** @type {(() => void) | null} what begins with the record that stands there; it comes with the first that is open */
    let begin = null;
    const load = async () => {
      const { correct } = await import("./correction.js");
      if (signal.aborted) return;
      begin ??= correct(record, generation, (state) => {
        changed(state);
        ask();
      }, signal);
    };

    /** @param {Element} fresh  the workbench as it is by now */
    const take = (fresh) => {
      this.#count(fresh);
      const { record: id, state } = part(fresh, ".record").dataset;
      if (state && id === list.open) {
        changed(state);
        const [own, their] = [part(record, ".record-fate"), part(fresh, ".record-fate")];
        if (own.dataset.fate !== their.dataset.fate) {
          own.replaceWith(their);
          ports.announce("record", `The open record: ${state}.`);
        }
      }
      list.take(fresh);
      ports.clock.tell();
    };
    const ask = liveReading(() => this.#tell(async () => {
      const rows = list.rows.map(idOf).join();
      const fresh = await workbench(`?${asked}&cursor=${this.dataset.cursor}&rows=${rows}&id=${list.open ?? ""}`);
      if (!signal.aborted) take(fresh);
    }), signal);

    /** The newest question for a record: the answer of an older one is dropped. */
    let newest = "";
    /** Show a record, or none, where one stands. @param {Element} [link]  what leads to it; else the address does */
    const open = (link) => this.#tell(async () => {
      const { search, href } = /** @type {HTMLAnchorElement | Location} */ (link ?? location);
      newest = search;
      const [fresh] = await Promise.all([workbench(search), load()]);
      if (search !== newest || signal.aborted) return;
      if (link) history.pushState(null, "", href);
      const their = part(fresh, ".record");
      const hadFocus = record.contains(document.activeElement);
      record.dataset.record = their.dataset.record ?? "";
      record.replaceChildren(...their.cloneNode(true).childNodes);
      this.toggleAttribute("data-open", list.open !== "");
      list.check();
      begin?.();
      take(fresh);
      if (part(this, ".list").checkVisibility() && !hadFocus) return;
      record.focus();
      scroll(0, 0);
    });

    this.addEventListener("click", async (event) => {
      const target = /** @type {Element} */ (event.target);
      const row = rowOf(target);
      const link = target.closest(".record-back a") ?? (target.matches("input") ? null : row?.querySelector("a"));
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || getSelection()?.type === "Range") return;
      event.preventDefault();
      const was = list.row(list.open);
      await open(link);
      list.move(0, row ?? was);
    }, { signal });

    const toggle = () => list.focused && list.choose([list.focused], !list.chosen.has(idOf(list.focused)));
    this.addEventListener("keydown", (event) => {
      const { key, target } = event;
      const step = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (!rowOf(target) || event.altKey) return;
      if (event.ctrlKey || event.metaKey) {
        if (key !== "Enter") return;
        /** @type {HTMLFormElement | null} */ (record.querySelector(".mend"))?.requestSubmit();
      } else if (step) list.move(step);
      else if (key === " " && target instanceof HTMLAnchorElement) toggle();
      else return;
      event.preventDefault();
    }, { signal });
    ports.keys.on("j", () => list.move(1), signal);
    ports.keys.on("k", () => list.move(-1), signal);
    ports.keys.on("x", toggle, signal);
    const edit = async (/** @type {KeyboardEvent} */ event) => {
      event.preventDefault(); // it would be typed
      const row = list.focused;
      if (row && idOf(row) !== list.open) await open(part(row, "a"));
      record.querySelector("textarea")?.focus();
    };
    if (!this.hasAttribute("data-read-only")) ports.keys.on("e", edit, signal);
    addEventListener("popstate", () => {
      if (pathOf(location) === "/skipped") open();
    }, { signal });
    ports.store.watch(({ reset, window, skipped }) => {
      if (reset) ports.navigation.go(`${ROOT}/skipped`, { replace: true });
      else if (window && new URLSearchParams(location.search).get("id") !== (list.open || null)) open();
      else if (window || skipped) ask();
    }, signal);
    ports.connection.addEventListener("return", ask, { signal });
    const find = /** @type {HTMLInputElement & {form: HTMLFormElement}} */ (part(this, "#find"));
    let typing = 0;
    find.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => signal.aborted || ports.navigation.go(addressOf(find.form), { replace: true }), REST_MS);
    }, { signal });
    ports.keys.on("/", (event) => {
      event.preventDefault();
      find.select();
    }, signal);
    const form = part(this, ".bulk");
    const bulk = () => this.#tell(async () => {
      const { startBulk } = await import("./bulk.js");
      if (!signal.aborted && list.told === choose) list.told = startBulk(this, list, ports, signal);
    });
    const choose = () => list.chosen.size > 0 && bulk();
    list.told = choose;
    form.addEventListener("focusin", bulk, { signal });
    // What is pressed before that has come is pressed once it has.
    form.addEventListener("click", async (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      if (!button || list.told !== choose) return;
      event.preventDefault();
      await bulk();
      if (list.told !== choose) button.click();
    }, { signal });
    list.check();
    if (record.dataset.record) this.#tell(() => load().then(() => begin?.()));
  }

  /** Tell at the list what could not be read. @param {() => Promise<void>} work */
  #tell(work) {
    return tell(part(this, ".list"), work);
  }

  /** Say how many each choice would show; none moves while one aims at it. @param {Element} fresh */
  #count(fresh) {
    const twin = (/** @type {Element} */ of, /** @type {Element} */ within) =>
      within.querySelector(`[data-count="${CSS.escape(of.getAttribute("data-count") ?? "")}"]`);
    for (const own of this.querySelectorAll("[data-choice] [data-count]")) {
      if (!twin(own, fresh)) setText(own, 0);
    }
    for (const their of fresh.querySelectorAll("[data-count]")) {
      const own = twin(their, this);
      const choice = their.closest("[data-choice]");
      if (own) setText(own, their.textContent ?? "");
      else if (choice) part(this, `#${choice.parentElement?.id}`).append(choice);
    }
  }
}
