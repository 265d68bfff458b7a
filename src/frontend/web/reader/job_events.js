// Subscribes to the events of a running job; the browser reconnects by itself.

const ENDS = ["completed", "failed", "cancelled"];

/**
 * Call `onProgress(progress)`, `onSegment(segment)` and `onUnavailable(isUnavailable)` until the
 * job ends or its events are no longer offered; then call `onEnd()` once. A segment may come
 * twice, with the same index.
 */
export function subscribeToJob(url, { onProgress, onSegment, onUnavailable, onEnd, signal }) {
  const source = new EventSource(url);
  signal.addEventListener("abort", () => source.close(), { once: true });
  const finish = () => {
    source.close();
    if (!signal.aborted) onEnd();
  };
  source.addEventListener("open", () => onUnavailable(false));
  source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
  source.addEventListener("segment", (event) => onSegment(JSON.parse(event.data)));
  for (const end of ENDS) source.addEventListener(end, finish);
  source.addEventListener("error", () => {
    // the browser does not reconnect after a response that is no event stream
    if (source.readyState === EventSource.CLOSED) finish();
    else onUnavailable(true);
  });
}
