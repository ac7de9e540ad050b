/** @typedef {{states: Map<string, string>, skipped: number}} Known  the state of each upload, and how many records were skipped */

/**
 * What an element reaches the rest of the page by: `main.js` makes it once, and every element is started with it.
 * @typedef {object} Ports
 * @property {import("./store.js").Store} store
 * @property {import("./connection.js").Connection} connection
 * @property {import("./place.js").Place} place
 * @property {import("./navigation.js").Navigation} navigation
 * @property {import("./keys.js").Keys} keys
 * @property {import("./screen.js").Screen} screen
 * @property {import("./elements/uploads/sender.js").Sender} sender
 * @property {import("./paint/painter.js").Painter} painter
 * @property {import("./paint/clock.js").PageClock} clock
 * @property {Known | null} known  what was so when the page, or the generation, began: it is not announced; null: nothing has come yet
 * @property {(kind: string, words: string) => void} announce  says something to assistive tools, the newest of each kind
 * @property {(replay?: import("./elements/header/start_over.js").Replay) => Promise<void>} startOver  asks before everything is deleted
 */

export {};
