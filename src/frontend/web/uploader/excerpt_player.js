// Plays short excerpts of recordings, one at a time.

let player = null;
let notifyEnd = () => {};

/** Play a URL; `onEnd({ failed })` runs once it ends, is stopped or fails. */
export function playExcerpt(url, onEnd) {
  stopExcerpt();
  player ??= new Audio();
  notifyEnd = onEnd;
  player.src = url;
  player.onended = () => finish();
  player.onerror = () => finish({ failed: true });
  player.play().catch(() => {}); // `onerror` reports it, or another excerpt has started
}

export function stopExcerpt() {
  if (!player) return;
  player.onerror = null;
  player.pause();
  finish();
}

function finish(outcome = { failed: false }) {
  const notify = notifyEnd;
  notifyEnd = () => {};
  notify(outcome);
}
