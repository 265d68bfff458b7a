// Draws the segments, in paragraphs or each on its own line. Each one's text is a single text
// node: highlights in it are ranges, not elements, so that hours of speech stay fast.

import { element } from "../common/elements.js";
import { clock } from "../common/translator.js";
import { ParagraphRule } from "./paragraphs.js";

/** Estimates of a line, to reserve the height of segments that are not laid out yet. */
const LINE_CHARS = 75;
const LINE_REM = 1.75;

/** The distance in screens from which it jumps instead of scrolling smoothly. */
const FAR_SCREENS = 2;

/** Where the browser keeps that segments are shown on lines of their own. */
const PHRASES_KEY = "reader-phrases";

/** Languages that put no space between sentences. */
const UNSPACED = new Set(["zh", "yue", "ja"]);

/** Segments drawn at once; the rest follow while the browser is idle. */
const BATCH = 400;

/** Event: `drawn`, when every segment is on the page. */
export class Transcript extends EventTarget {
  #texts = [];
  #active = null;
  #timer = 0;
  #rule = new ParagraphRule();
  #paragraph = null;

  constructor({ t, segments }) {
    super();
    Object.assign(this, { t, segments });
    const label = t.text("reader.transcript");
    this.root = element("ol", { className: "transcript", "aria-label": label });
    this.showsPhrases = localStorage.getItem(PHRASES_KEY) === "true";
    segments.addEventListener("reset", () => this.#clear());
    segments.addEventListener("added", () => this.#drawMore());
    segments.addEventListener("changed", (event) => this.#refresh(event.detail));
  }

  get showsPhrases() {
    return this.root.classList.contains("phrases");
  }

  /** Whether each segment is on a line of its own, with its time; else they form paragraphs. */
  set showsPhrases(showsPhrases) {
    this.root.classList.toggle("phrases", showsPhrases);
    localStorage.setItem(PHRASES_KEY, String(showsPhrases));
  }

  /** Set the language of the text, for hyphens, voices and the space between sentences. */
  setLanguage(code) {
    this.root.lang = code ?? "";
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
    this.#rule = new ParagraphRule();
    this.#paragraph = null;
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
    const paragraphs = document.createDocumentFragment();
    while (this.#texts.length < Math.min(end, this.segments.length)) {
      const position = this.#texts.length;
      const segment = this.segments.at(position);
      const begins = this.#rule.begins(segment);
      if (begins || !this.#paragraph) {
        this.#paragraph = { element: element("li", { className: "paragraph" }), chars: 0 };
        paragraphs.append(this.#paragraph.element);
      }
      this.#paragraph.element.append(this.#draw(position));
      this.#paragraph.chars += segment.text.length;
      reserveLines(this.#paragraph.element, this.#paragraph.chars);
    }
    this.root.append(paragraphs);
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
    // a node of its own, so that a copied paragraph has the space too
    const space = UNSPACED.has(this.root.lang) ? "" : " ";
    const row = element("div", { className: "segment" }, time, text, space);
    row.dataset.position = position;
    reserveLines(row, segment.text.length);
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

/** Reserve the height of a text that is not laid out yet. */
function reserveLines(target, chars) {
  const lines = Math.ceil(chars / LINE_CHARS) || 1;
  target.style.containIntrinsicBlockSize = `auto ${lines * LINE_REM + 0.75}rem`;
}

export function isUnsure(segment) {
  return segment.unsure.length > 0 && !segment.isCorrected;
}
