// Highlights the word that is spoken and keeps it in sight; a click on a word plays from there.

import { caretAt } from "./caret_at.js";
import { highlight } from "./highlights.js";
import { lastStarted, timeAtOffset, wordOffsets } from "./word_timing.js";

/** A pointer that moved further than this selected text. */
const CLICK_PX = 5;

/** Rounding error of a time in an address, in seconds. */
const ROUNDING_S = 0.01;

/** Keys that scroll the page. */
const SCROLL_KEYS = new Set(["PageUp", "PageDown", "Home", "End"]);

/** Seconds after its end that a segment's last word stays highlighted. */
const LINGER_S = 0.3;

/** Event: `following`, when `isFollowing` changed. */
export class PlaybackFollower extends EventTarget {
  isFollowing = true;
  #position = -1;
  #word = -1;
  #offsets = null;
  #pressed = null;

  constructor({ player, segments, transcript, signal }) {
    super();
    Object.assign(this, { player, segments, transcript });
    player.addEventListener("time", () => this.#show());
    segments.addEventListener("changed", ({ detail }) => {
      if (detail.position === this.#position) this.#enter(detail.position);
    });
    segments.addEventListener("reset", () => (this.#position = -1));
    segments.addEventListener("replaced", () => (this.#enter(-1), this.#show()));
    transcript.root.addEventListener("pointerdown", ({ clientX, clientY }) => {
      this.#pressed = [clientX, clientY];
    });
    transcript.root.addEventListener("click", (event) => this.#click(event));
    this.#watchScrolling(signal);
  }

  /** Scroll to what is spoken, and follow it again. */
  resume() {
    this.#setFollowing(true);
    if (this.#position >= 0) this.transcript.reveal(this.#position, "center");
  }

  playSegment(position) {
    this.#setFollowing(true);
    this.player.playFrom(this.segments.at(position).start);
  }

  /** Play from a time and scroll there; a browser may refuse to play before a click. */
  playFrom(time) {
    this.#reveal(time);
    this.player.playFrom(time);
  }

  /** Scroll to what is said at a time, and let the player go on from there. */
  goTo(time) {
    this.#reveal(time);
    this.player.seek(time);
  }

  #reveal(time) {
    const position = Math.max(0, lastStarted(this.segments, time + ROUNDING_S));
    this.transcript.setActive(position);
    this.transcript.reveal(position, "center");
  }

  #setFollowing(isFollowing) {
    if (this.isFollowing === isFollowing) return;
    this.isFollowing = isFollowing;
    this.dispatchEvent(new Event("following"));
  }

  /** Stop following when the user scrolls to read elsewhere. */
  #watchScrolling(signal) {
    const stop = () => this.player.isPlaying && this.#setFollowing(false);
    const options = { passive: true, signal };
    addEventListener("wheel", stop, options);
    addEventListener("touchmove", stop, options);
    addEventListener("keydown", ({ key }) => SCROLL_KEYS.has(key) && stop(), { signal });
    // a press on a scroll bar has the scrolling element itself as its target
    const isScrollBar = ({ target }) => target.scrollHeight > innerHeight;
    addEventListener("pointerdown", (event) => isScrollBar(event) && stop(), options);
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
    const { offset } = caretAt(this.transcript.root.getRootNode(), clientX, clientY);
    this.#setFollowing(true);
    this.player.playFrom(timeAtOffset(this.segments.shown(position), offset));
  }

  #show() {
    if (!this.player.hasStarted) return;
    const { currentTime } = this.player;
    const position = lastStarted(this.segments, currentTime);
    if (position !== this.#position) this.#enter(position);
    if (position < 0) return;
    const { words, end } = this.segments.at(position);
    const word = currentTime < end + LINGER_S ? lastStarted(words, currentTime) : -1;
    if (word === this.#word) return;
    this.#word = word;
    const offsets = this.#offsets[word];
    highlight("spoken", [offsets && this.transcript.range(position, ...offsets)]);
  }

  #enter(position) {
    this.transcript.row(this.#position)?.removeAttribute("aria-current");
    this.#position = position;
    this.#word = -1;
    highlight("spoken", []);
    if (position < 0) return;
    const { text, words } = this.segments.shown(position);
    this.#offsets = wordOffsets(text, words);
    this.transcript.row(position).setAttribute("aria-current", "true");
    if (this.isFollowing && this.player.isPlaying) this.#keepInSight(position);
  }

  #keepInSight(position) {
    if (this.transcript.row(position).hidden) return;
    const { top, bottom } = this.transcript.row(position).getBoundingClientRect();
    const isSeen = top > innerHeight * 0.25 && bottom < innerHeight * 0.85;
    if (!isSeen) this.transcript.reveal(position, "center");
  }
}
