/** What is done to the whole. */

import { call } from "../http.js";
import { textOf } from "../json.js";

/** End every session, in all browsers. */
export const signOut = () => call("POST", "/api/sign-out");

export const restartFlow = () => call("POST", "/api/flow/restart");

/** @param {import("../json.js").Id | null} replay  the upload to replay once all is forgotten */
export function startOver(replay) {
  const json = replay === null ? '{"confirm":"reset"}' : `{"confirm":"reset","replay":${textOf(replay)}}`;
  return call("POST", "/api/reset", { json });
}
