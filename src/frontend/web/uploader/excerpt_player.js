// A short listen to a recording; only one sounds at a time.

const player = new Audio();
let ended = () => {};

/** `onEnd` is told when it is over, by itself, by a stop or by another one, and if it failed. */
export function playExcerpt(address, onEnd) {
  stopExcerpt();
  ended = onEnd;
  player.src = address;
  player.onended = () => finish();
  player.onerror = () => finish({ failed: true });
  player.play().catch(() => {}); // told by onerror, or another listen came between
}

export function stopExcerpt() {
  player.onerror = null;
  player.pause();
  finish();
}

function finish(outcome = { failed: false }) {
  const tell = ended;
  ended = () => {};
  tell(outcome);
}
