import { call } from "../../http.js";

/** Records a second of the sample: slow enough to watch each of its eight land. */
const SAMPLE_RATE = 2;
const SAMPLE_NAME = "cart-join.json";

/**
 * Send the packaged sample.
 * @param {import("./sender.js").Sender} sender
 */
export async function sendSample(sender) {
  const file = new File([await call("GET", `/${SAMPLE_NAME}`, { as: "blob" })], SAMPLE_NAME);
  sender.take({ files: [file] }, { rate: SAMPLE_RATE, check: false });
}
