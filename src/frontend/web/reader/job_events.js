// What happens to a job while it runs; goes on by itself after a broken connection.

const ENDS = ["completed", "failed", "cancelled"];

/**
 * Tell what happens to a job that runs: `onProgress(progress)`, `onSegment(segment)`,
 * `onUnavailable(isUnavailable)`, and once `onOver()`: it ended, or there is no following it any more.
 * Segments may be told twice; their index says which they are.
 */
export function follow(url, { onProgress, onSegment, onUnavailable, onOver, signal }) {
  const source = new EventSource(url);
  signal.addEventListener("abort", () => source.close(), { once: true });
  const finish = () => {
    source.close();
    if (!signal.aborted) onOver();
  };
  source.addEventListener("open", () => onUnavailable(false));
  source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
  source.addEventListener("segment", (event) => onSegment(JSON.parse(event.data)));
  for (const end of ENDS) source.addEventListener(end, finish);
  source.addEventListener("error", () => {
    // the browser tries again by itself, but not after an answer that is no stream
    if (source.readyState === EventSource.CLOSED) finish();
    else onUnavailable(true);
  });
}
