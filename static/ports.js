/**
 * What an element reaches the rest of the page by: `main.js` makes it once and starts every element with it.
 * @typedef {object} Ports
 * @property {import("./store.js").Store} store
 * @property {import("./connection.js").Connection} connection
 * @property {import("./place.js").Place} place
 * @property {import("./paint/painter.js").Painter} painter
 * @property {import("./paint/clock.js").PageClock} clock
 * @property {typeof import("./http.js")} http
 * @property {(replay?: import("./elements/header/start_over.js").Replay) => void} startOver  asks before everything is deleted
 * @property {() => void} recovery  opens the panel of the flow's recovery
 * @property {() => void} choose  opens the file dialog
 */

/** @typedef {HTMLElement & {start(ports: Ports): void}} PageElement  what `main.js` starts */

export {};
