// Draws the segments. Each one's text is a single text node: highlights in it are ranges, not
// elements, so that hours of speech stay fast.

import { element } from "../common/elements.js";
import { clock } from "../common/translator.js";

/** Estimates of a line, to reserve the height of segments that are not laid out yet. */
const LINE_CHARS = 75;
const LINE_REM = 1.75;

/** The distance in screens from which it jumps instead of scrolling smoothly. */
const FAR_SCREENS = 2;

/** Segments drawn at once; the rest follow while the browser is idle. */
const BATCH = 400;

/** Event: `drawn`, when every segment is on the page. */
export class Transcript extends EventTarget {
  #texts = [];
  #active = null;
  #timer = 0;

  constructor({ t, segments }) {
    super();
    Object.assign(this, { t, segments });
    const label = t.text("reader.transcript");
    this.root = element("ol", { className: "transcript", "aria-label": label });
    segments.addEventListener("reset", () => this.#clear());
    segments.addEventListener("added", () => this.#drawMore());
    segments.addEventListener("changed", (event) => this.#refresh(event.detail));
  }

  row(position) {
    return this.textOf(position)?.parentElement;
  }

  /** Return the element with a segment's text. */
  textOf(position) {
    if (position < this.segments.length && !this.#texts[position]) this.#drawUpTo(position + 1);
    return this.#texts[position];
  }

  /** Return the position of the segment that contains a node, or null. */
  positionOf(node) {
    const target = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const row = target?.closest?.(".segment");
    return row && this.root.contains(row) ? Number(row.dataset.position) : null;
  }

  /** The position that the keyboard acts on. */
  get active() {
    return this.#active ?? 0;
  }

  setActive(position) {
    const timeOf = (each) => this.row(each)?.querySelector(".time");
    if (this.#active !== null) timeOf(this.#active)?.setAttribute("tabindex", "-1");
    this.#active = position;
    timeOf(position)?.setAttribute("tabindex", "0");
  }

  focus(position) {
    this.setActive(position);
    this.row(position)?.querySelector(".time").focus({ preventScroll: true });
    this.reveal(position);
  }

  /** Scroll to a segment; jump if it is far, because nothing in between is laid out yet. */
  reveal(position, block = "nearest") {
    const row = this.row(position);
    if (!row) return;
    const isFar = Math.abs(row.getBoundingClientRect().top) > FAR_SCREENS * innerHeight;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    row.scrollIntoView({ block, behavior: isFar || isStill ? "instant" : "smooth" });
    // it may move once its neighbours are laid out
    if (isFar) requestAnimationFrame(() => row.scrollIntoView({ block, behavior: "instant" }));
  }

  /** Return a range over part of a segment's text, or null if the text is shorter. */
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

  #clear() {
    this.#texts = [];
    this.#active = null;
    this.root.replaceChildren();
  }

  #drawMore() {
    this.#drawUpTo(this.#texts.length + BATCH);
    if (this.#active === null && this.segments.length) this.setActive(0);
    clearTimeout(this.#timer);
    if (this.#texts.length < this.segments.length) this.#timer = setTimeout(() => this.#drawMore());
    else this.dispatchEvent(new Event("drawn"));
  }

  #drawUpTo(end) {
    const rows = document.createDocumentFragment();
    while (this.#texts.length < Math.min(end, this.segments.length)) {
      rows.append(this.#draw(this.#texts.length));
    }
    this.root.append(rows);
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
