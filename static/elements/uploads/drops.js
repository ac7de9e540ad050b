/**
 * Take the files that are dropped anywhere on the page; one of files has just entered it.
 * @param {import("./sender.js").Sender} sender
 * @param {AbortSignal} signal
 */
export function watchDrops(sender, signal) {
  let depth = 1;
  const enter = (/** @type {number} */ step) => {
    depth = Math.max(0, depth + step);
    document.body.toggleAttribute("data-dropping", depth > 0);
  };
  const steps = { dragenter: 1, dragleave: -1, dragover: 0, drop: -Infinity };
  for (const [name, step] of Object.entries(steps)) {
    document.addEventListener(name, (event) => {
      const { dataTransfer } = /** @type {DragEvent} */ (event);
      if (!dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      enter(step);
      if (name === "drop") sender.take(filesOf(dataTransfer));
    }, { signal });
  }
  enter(0);
}

/**
 * @param {DataTransfer} dropped
 * @returns {{files: File[], folders: string[]}} the files, and the names of what are none
 */
function filesOf(dropped) {
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
