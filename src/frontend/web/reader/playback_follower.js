// Text and sound together: what is said is lit and kept in sight, a click on a word plays it.

import { highlight } from "./highlights.js";
import { lastStarted, timeAtOffset, wordOffsets } from "./word_timing.js";

/** A pointer that moved further than this was selecting text. */
const CLICK_PX = 5;

/** Seconds by which a moment in an address may be off. */
const ROUNDING_S = 0.01;

/** Keys that scroll the page. */
const SCROLL_KEYS = new Set(["PageUp", "PageDown", "Home", "End"]);

/** Event: `following`, when `isFollowing` changed. */
export class PlaybackFollower extends EventTarget {
  isFollowing = true;
  #position = -1;
  #word = -1;
  #places = null;
  #pressed = null;

  constructor(player, segments, transcript, { signal }) {
    super();
    Object.assign(this, { player, segments, transcript });
    player.addEventListener("moment", () => this.#show());
    segments.addEventListener("changed", ({ detail }) => {
      if (detail.position === this.#position) this.#enter(detail.position);
    });
    segments.addEventListener("reset", () => (this.#position = -1));
    transcript.root.addEventListener("pointerdown", ({ clientX, clientY }) => {
      this.#pressed = [clientX, clientY];
    });
    transcript.root.addEventListener("click", (event) => this.#click(event));
    this.#watchScrolling(signal);
  }

  /** Keep what is said in sight again. */
  resume() {
    this.#setFollowing(true);
    if (this.#position >= 0) this.transcript.reveal(this.#position, "center");
  }

  playSegment(position) {
    this.#setFollowing(true);
    this.player.playFrom(this.segments.at(position).start);
  }

  /** Go to a moment and play it, as far as the browser allows that without a click. */
  playMoment(moment) {
    // what an address says may lie a little before the phrase, having been rounded
    const position = Math.max(0, lastStarted(this.segments, moment + ROUNDING_S));
    this.transcript.setActive(position);
    this.transcript.reveal(position, "center");
    this.player.playFrom(moment);
  }

  #setFollowing(isFollowing) {
    if (this.isFollowing === isFollowing) return;
    this.isFollowing = isFollowing;
    this.dispatchEvent(new Event("following"));
  }

  /** Whoever scrolls is reading elsewhere, and is left there. */
  #watchScrolling(signal) {
    const stop = () => this.player.isPlaying && this.#setFollowing(false);
    const options = { passive: true, signal };
    addEventListener("wheel", stop, options);
    addEventListener("touchmove", stop, options);
    addEventListener("keydown", ({ key }) => SCROLL_KEYS.has(key) && stop(), { signal });
    // on the bar that scrolls: it belongs to the element that scrolls, and to no child of it
    addEventListener("pointerdown", ({ target }) => target.scrollHeight > innerHeight && stop(), options);
  }

  #click(event) {
    const position = this.transcript.positionOf(event.target);
    if (position === null || event.detail > 1) return;
    this.transcript.setActive(position);
    if (event.target.closest(".time")) this.playSegment(position);
    else if (event.target.closest(".text:not([contenteditable])")) this.#playWord(event, position);
  }

  #playWord({ clientX, clientY }, position) {
    const [x, y] = this.#pressed ?? [clientX, clientY];
    if (Math.hypot(clientX - x, clientY - y) > CLICK_PX) return;
    const offset = offsetAt(this.transcript.root.getRootNode(), clientX, clientY);
    this.#setFollowing(true);
    this.player.playFrom(timeAtOffset(this.segments.at(position), offset));
  }

  #show() {
    if (!this.player.hasBegun) return;
    const position = lastStarted(this.segments, this.player.moment);
    if (position !== this.#position) this.#enter(position);
    if (position < 0) return;
    const { words, end } = this.segments.at(position);
    const word = this.player.moment < end + 0.3 ? lastStarted(t, this.player.moment) : -1;
    if (word === this.#word) return;
    this.#word = word;
    const place = this.#places[word];
    highlight("spoken", [place && this.transcript.range(position, ...place)]);
  }

  #enter(position) {
    this.transcript.row(this.#position)?.removeAttribute("aria-current");
    this.#position = position;
    this.#word = -1;
    highlight("spoken", []);
    if (position < 0) return;
    const segment = this.segments.at(position);
    this.#places = wordOffsets(segment.text, segment.words);
    this.transcript.row(position).setAttribute("aria-current", "true");
    if (this.isFollowing && this.player.isPlaying) this.#keepInSight(position);
  }

  #keepInSight(position) {
    const { top, bottom } = this.transcript.row(position).getBoundingClientRect();
    const isSeen = top > innerHeight * 0.25 && bottom < innerHeight * 0.85;
    if (!isSeen) this.transcript.reveal(position, "center");
  }
}

/** The offset in the text under a point; 0 where the browser cannot tell. */
function offsetAt(root, x, y) {
  if (document.caretPositionFromPoint) {
    return document.caretPositionFromPoint(x, y, { shadowRoots: [root] })?.offset ?? 0;
  }
  return document.caretRangeFromPoint?.(x, y)?.startOffset ?? 0;
}
