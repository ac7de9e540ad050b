/** Records a second of the sample: slow enough to watch each of its eight land. */
const SAMPLE_RATE = 2;
const SAMPLE_NAME = "cart-join.json";

/**
 * Send the packaged sample.
 * @param {import("../../ports.js").Ports["http"]} http
 * @param {import("./sender.js").Sender} sender
 */
export async function sendSample(http, sender) {
  const file = new File([await http.sample()], SAMPLE_NAME);
  sender.take({ files: [file] }, { rate: SAMPLE_RATE });
}
