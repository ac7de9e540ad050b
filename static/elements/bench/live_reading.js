/** The shortest time between two readings. */
const PAUSE_MS = 1_000;

/**
 * Reads something anew when it may have changed: at most once a second, and not while the tab is hidden.
 * @param {() => Promise<void>} read  tells itself what goes wrong
 * @param {AbortSignal} signal  ends it
 * @returns {() => void} what asks for a reading, as soon as that may be
 */
export function liveReading(read, signal) {
  let wanted = false;
  let busy = false;
  const go = async () => {
    if (!wanted || busy || document.hidden || signal.aborted) return;
    wanted = false;
    busy = true;
    await Promise.all([read(), new Promise((rested) => setTimeout(rested, PAUSE_MS))]);
    busy = false;
    go();
  };
  document.addEventListener("visibilitychange", go, { signal });
  return () => {
    wanted = true;
    go();
  };
}
