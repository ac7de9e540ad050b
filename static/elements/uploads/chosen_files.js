/** What a person gave the page to send, and what became of it before it was sent. */

/**
 * @param {DataTransfer} dropped
 * @returns {{files: File[], folders: string[]}} the files, and the names of what are none
 */
export function filesOf(dropped) {
  const files = [];
  const folders = [];
  for (const item of dropped.items) {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry?.isDirectory) folders.push(entry.name);
    else if (file) files.push(file);
  }
  return { files, folders };
}

/** @param {DragEvent} event */
export function holdsFiles({ dataTransfer }) {
  return Boolean(dataTransfer?.types.includes("Files"));
}

/**
 * Why a file cannot be read: it is as it was when it was chosen, or the browser gives nothing of it.
 * @param {File} file
 * @returns {Promise<string>} a sentence; empty where it can be read
 */
export async function whyUnreadable(file) {
  try {
    // A file that is gone says that it has no bytes, and no byte of it is read without a complaint.
    await (file.size > 0 ? file.slice(0, 1) : file).arrayBuffer();
    return "";
  } catch (error) {
    return /** @type {Error} */ (error).name === "NotFoundError"
      ? "It is not there any more. Nothing of it was taken in."
      : "It changed since it was chosen, or cannot be read any more. Nothing of it was taken in: choose it again.";
  }
}
