import { changeUpload, replayUpload } from "../../api/uploads.js";

/** @typedef {import("../../ports.js").Ports} Ports */
/** @typedef {import("../../store.js").Upload} Upload */

/**
 * Do what a button of an upload says.
 * @param {string} action
 * @param {{id: string, name: string}} upload
 * @param {Ports["startOver"]} startOver
 * @returns {Promise<Upload | void>}
 */
export function steer(action, upload, startOver) {
  switch (action) {
    case "pause":
      return changeUpload(upload.id, { state: "paused" });
    case "go-on":
      return changeUpload(upload.id, { state: "running" });
    case "cancel":
      return changeUpload(upload.id, { state: "cancelled" });
    case "replay":
      return replayUpload(upload.id);
    case "start-over":
      return startOver(upload);
    default:
      throw new Error(`no such action: ${action}`);
  }
}
