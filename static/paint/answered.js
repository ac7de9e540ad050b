import { complain, part, show } from "./patch.js";

/** Where this server's addresses begin. */
const SERVER = new URL("../../../", import.meta.url);
/** How long it is waited at first, and at the most, until it is asked again why it refuses. */
const ASK_MS = 500;
const LAST_ASK_MS = 5_000;
const NOTICE = "signed-out-notice";

/**
 * Look what a server that is away says when it is asked, and what is not true any more once it answers again.
 * @param {import("../connection.js").Connection} connection  which is away now, or has just come back
 */
export function listen(connection) {
  let wasAway = true;
  let timer = 0;
  let pause = ASK_MS;
  /** A socket that is refused is not told why: whoever asks in another way is. */
  const ask = async () => {
    clearTimeout(timer);
    if (connection.state !== "offline" || connection.reason) {
      pause = ASK_MS;
      return;
    }
    const answer = await fetch(SERVER, { method: "HEAD" }).catch(() => null);
    if (connection.state !== "offline") return;
    if (answer?.status === 401) {
      signedOut();
      connection.rest();
    } else timer = setTimeout(ask, pause * (1 + Math.random())); // not all pages at once
    pause = Math.min(LAST_ASK_MS, 2 * pause);
  };
  const hear = async () => {
    if (connection.state === "offline") wasAway = true;
    ask();
    if (connection.state !== "live" || !wasAway) return;
    wasAway = false;
    try {
      await answered();
    } catch {
      wasAway = true; // it went again: ask when it is back
    }
  };
  connection.addEventListener("state", hear);
  hear();
}

/** The session of this browser has ended: say so, above what is shown as of then, and lead to the next one. */
export function signedOut() {
  if (document.querySelector(NOTICE)) return;
  const notice = document.createElement(NOTICE);
  const words = document.createElement("span");
  const link = document.createElement("a");
  notice.className = "notice upgrade";
  notice.role = "alert";
  link.className = "button button-small";
  link.href = new URL("sign-in", SERVER).href;
  link.onclick = () => {
    const then = location.href.slice(SERVER.href.length - 1, location.href.length - location.hash.length);
    link.search = String(new URLSearchParams({ then }));
  };
  link.target = "_self"; // no view of this page
  link.textContent = "Sign in";
  words.className = "notice-text";
  words.textContent = "You are signed out: what is shown here is of before that.";
  notice.append(words, link);
  part(document, "upgrade-notice").before(notice);
}

/**
 * The server answers again: what said that it did not is not true any more. It may be another version of it: an upgrade
 * is a restart, so only a page that was away can be behind.
 */
async function answered() {
  document.querySelector(NOTICE)?.remove();
  for (const words of document.querySelectorAll(".error:not([hidden]) .error-words")) {
    const place = words.closest(".error")?.parentElement;
    if (place && words.textContent?.startsWith("The server did not answer")) complain(place, "");
  }
  const version = await (await fetch(new URL("static/version", SERVER))).text();
  const notice = part(document, "upgrade-notice");
  part(notice, "button").onclick = () => location.reload();
  show(notice, !import.meta.url.includes(`/${version}/`));
}
