// The phrases on the page. Each is one element with one text node, however long the recording:
// what is lit in it (the word being said, what was found) are ranges, not elements.

import { element } from "../common/elements.js";
import { clock } from "../common/translator.js";

/** About how many characters a line holds, and how high it is: for what is not drawn yet. */
const LINE_CHARS = 75;
const LINE_REM = 1.75;

/** Screens further than which nobody wants to see all that passes by. */
const FAR_SCREENS = 2;

/** Phrases drawn at once; more of them follow in the pauses of the browser. */
const BATCH = 400;

/** Event: `drawn`, when every phrase is on the page. */
export class Transcript extends EventTarget {
  #texts = [];
  #active = null;
  #rest = 0;

  constructor(t, segments) {
    super();
    this.t = t;
    this.segments = segments;
    this.root = element("ol", { className: "transcript", "aria-label": t.text("reader.transcript") });
    segments.addEventListener("reset", () => this.#drawNone());
    segments.addEventListener("added", () => this.#drawMore());
    segments.addEventListener("changed", (event) => this.#refresh(event.detail));
  }

  row(position) {
    return this.textOf(position)?.parentElement;
  }

  /** The element that holds a phrase's text. */
  textOf(position) {
    if (position < this.segments.length && !this.#texts[position]) this.#drawUpTo(position + 1);
    return this.#texts[position];
  }

  /** The position of the phrase that a node lies in, or null. */
  positionOf(node) {
    const row = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.(".segment");
    return row && this.root.contains(row) ? Number(row.dataset.position) : null;
  }

  /** The phrase that the keyboard is at. */
  get active() {
    return this.#active ?? 0;
  }

  setActive(position) {
    if (this.#active !== null) this.row(this.#active)?.querySelector(".time").setAttribute("tabindex", "-1");
    this.#active = position;
    this.row(position)?.querySelector(".time").setAttribute("tabindex", "0");
  }

  focus(position) {
    this.setActive(position);
    this.row(position)?.querySelector(".time").focus({ preventScroll: true });
    this.reveal(position);
  }

  /** Scroll to a phrase: at once when it is far, as what lies between is not laid out yet. */
  reveal(position, block = "nearest") {
    const row = this.row(position);
    if (!row) return;
    const isFar = Math.abs(row.getBoundingClientRect().top) > FAR_SCREENS * innerHeight;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    row.scrollIntoView({ block, behavior: isFar || isStill ? "instant" : "smooth" });
    // only now are its neighbours laid out, and it may have moved
    if (isFar) requestAnimationFrame(() => row.scrollIntoView({ block, behavior: "instant" }));
  }

  /** A range over part of a phrase's text; null when it is not there. */
  range(position, start, end) {
    const node = this.textOf(position)?.firstChild;
    if (!node || node.nodeType !== Node.TEXT_NODE || end > node.length) return null;
    return new StaticRange({
      startContainer: node,
      startOffset: start,
      endContainer: node,
      endOffset: end,
    });
  }

  #drawNone() {
    this.#texts = [];
    this.#active = null;
    this.root.replaceChildren();
  }

  #drawMore() {
    this.#drawUpTo(this.#texts.length + BATCH);
    if (this.#active === null && this.segments.length) this.setActive(0);
    clearTimeout(this.#rest);
    if (this.#texts.length < this.segments.length) this.#rest = setTimeout(() => this.#drawMore());
    else this.dispatchEvent(new Event("drawn"));
  }

  #drawUpTo(end) {
    const some = document.createDocumentFragment();
    while (this.#texts.length < Math.min(end, this.segments.length)) {
      some.append(this.#draw(this.#texts.length));
    }
    this.root.append(some);
  }

  #draw(position) {
    const segment = this.segments.at(position);
    const text = element("div", { className: "text", dir: "auto", textContent: segment.text });
    const start = clock(segment.start);
    const time = element("button", {
      type: "button",
      className: "time",
      tabIndex: -1,
      textContent: start,
      "aria-label": this.t.text("reader.play_from", { time: start }),
    });
    const row = element("li", { className: "segment" }, time, text);
    row.dataset.position = position;
    const lines = Math.ceil(segment.text.length / LINE_CHARS) || 1;
    row.style.containIntrinsicBlockSize = `auto ${lines * LINE_REM + 0.75}rem`;
    this.#texts[position] = text;
    this.#mark(row, segment);
    return row;
  }

  #refresh({ position, origin }) {
    const text = this.textOf(position);
    const segment = this.segments.at(position);
    if (origin !== "typing" && text.textContent !== segment.text) text.textContent = segment.text;
    this.#mark(text.parentElement, segment);
  }

  #mark(row, segment) {
    row.classList.toggle("corrected", segment.isCorrected);
    row.classList.toggle("unsure", isUnsure(segment));
  }
}

export function isUnsure(segment) {
  return segment.unsure.length > 0 && !segment.isCorrected;
}
