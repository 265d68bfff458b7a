// Draws the segments, in paragraphs or each on its own line. Each one's text is a single text
// node: highlights in it are ranges, not elements, so that hours of speech stay fast.

import { element } from "../common/elements.js";
import { clock } from "../common/translator.js";
import { ParagraphRule } from "./paragraphs.js";
import { speakerBadge } from "./speaker_badge.js";

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

/** Events: `drawn`, when every segment is on the page; `filtered`, when `onlySpeaker` changed. */
export class Transcript extends EventTarget {
  onlySpeaker = null;
  #texts = [];
  #active = null;
  #isChosen = false;
  #timer = 0;
  #rule = new ParagraphRule();
  #paragraph = null;

  /** `onSpeaker(id)`: the name of a speaker was pressed. */
  constructor({ t, segments, speakers, onSpeaker }) {
    super();
    Object.assign(this, { t, segments, speakers, onSpeaker });
    const label = t.text("reader.transcript");
    this.root = element("ol", { className: "transcript", "aria-label": label });
    this.showsPhrases = localStorage.getItem(PHRASES_KEY) === "true";
    segments.addEventListener("reset", () => this.#clear());
    segments.addEventListener("added", () => this.#drawMore());
    segments.addEventListener("changed", (event) => this.#refresh(event.detail));
    segments.addEventListener("replaced", (event) => this.#replace(event.detail));
    speakers.addEventListener("changed", () => this.#showSpeakers());
    this.root.addEventListener("focusin", ({ target }) => this.setActive(this.positionOf(target)));
  }

  /** Hide what others say; null shows all again. */
  showOnly(speaker) {
    if (this.onlySpeaker === speaker) return;
    this.onlySpeaker = speaker;
    this.#showSpeakers();
    this.dispatchEvent(new Event("filtered"));
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

  /** Return the positions of the selected text, or else of the segment that the user went to. */
  selected() {
    const selection = selectionIn(this.root.getRootNode());
    const ends = [selection?.startContainer, selection?.endContainer].map((node) =>
      this.positionOf(node),
    );
    if (selection && !selection.collapsed && !ends.includes(null)) {
      const [first, last] = ends;
      const positions = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      return positions.filter((position) => !this.row(position).hidden);
    }
    return this.#isChosen ? [this.active] : [];
  }

  /** `isChosen`: the user went to it. */
  setActive(position, { isChosen = true } = {}) {
    this.#isChosen = isChosen;
    const timeOf = (each) => this.row(each)?.querySelector(".time");
    if (this.#active !== null) timeOf(this.#active)?.setAttribute("tabindex", "-1");
    this.#active = position;
    timeOf(position)?.setAttribute("tabindex", "0");
  }

  /** Return the position of the next segment that is not hidden, in steps of 1 or -1. */
  neighbour(position, step) {
    let next = position + step;
    while (this.row(next)?.hidden) next += step;
    return next;
  }

  focus(position) {
    if (!this.row(position)) return;
    this.setActive(position);
    this.row(position)?.querySelector(".time").focus({ preventScroll: true });
    this.reveal(position);
  }

  /** Scroll to a segment; jump if it is far, because nothing in between is laid out yet. */
  reveal(position, block = "nearest") {
    const row = this.row(position);
    if (!row) return;
    if (row.hidden) this.showOnly(null);
    const isFar = Math.abs(row.getBoundingClientRect().top) > FAR_SCREENS * innerHeight;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    row.scrollIntoView({ block, behavior: isFar || isStill ? "instant" : "smooth" });
    // it may move once its neighbours are laid out
    if (isFar) requestAnimationFrame(() => row.scrollIntoView({ block, behavior: "instant" }));
  }

  /** Return the offset of the caret in the text of a segment, or null if it is elsewhere. */
  caretIn(position) {
    const selection = selectionIn(this.root.getRootNode());
    const text = this.textOf(position);
    if (!selection?.collapsed || !text.contains(selection.startContainer)) return null;
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(selection.startContainer, selection.startOffset);
    return before.toString().length;
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
    this.#isChosen = false;
    this.#rule = new ParagraphRule();
    this.#paragraph = null;
    this.root.replaceChildren();
  }

  #drawMore() {
    this.#drawUpTo(this.#texts.length + BATCH);
    if (this.#active === null && this.segments.length) this.setActive(0, { isChosen: false });
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
    const shown = this.segments.shown(position).text;
    const text = element("div", { className: "text", dir: "auto", textContent: shown });
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
    this.#showSpeaker(position);
    return row;
  }

  /** Draw segments in place of others, in the same paragraph. */
  #replace({ position, removed, added }) {
    const [first, ...others] = this.#texts.splice(position, removed, ...Array(added));
    for (const { parentElement: row } of others) {
      const paragraph = row.parentElement;
      row.remove();
      if (!paragraph.childElementCount) paragraph.remove();
    }
    for (let place = position + added; place < this.#texts.length; place++) {
      this.#texts[place].parentElement.dataset.position = place;
    }
    const places = Array.from({ length: added }, (_, place) => position + place);
    first.parentElement.replaceWith(...places.map((place) => this.#draw(place)));
    if (this.#texts[position + added]) this.#showSpeaker(position + added);
    this.#divideIntoParagraphs();
    this.#active = null;
    this.setActive(position);
  }

  #refresh({ position, origin }) {
    const text = this.textOf(position);
    const segment = this.segments.at(position);
    const shown = this.segments.shown(position).text;
    if (origin !== "typing" && text.textContent !== shown) text.textContent = shown;
    this.#mark(text.parentElement, segment);
  }

  /** Show who says what, after a change of any speaker. */
  #showSpeakers() {
    for (let position = 0; position < this.#texts.length; position++) this.#showSpeaker(position);
    this.#divideIntoParagraphs();
    for (const paragraph of this.root.children) {
      paragraph.hidden = [...paragraph.children].every(({ hidden }) => hidden);
    }
  }

  /** Show the name where another speaker begins. */
  #showSpeaker(position) {
    const { speaker } = this.segments.at(position);
    const row = this.#texts[position].parentElement;
    row.hidden = Boolean(this.onlySpeaker) && speaker !== this.onlySpeaker;
    const begins = speaker && speaker !== this.segments.at(position - 1)?.speaker;
    let shown = row.querySelector(".said-by");
    if (!begins) return shown?.remove();
    const label = this.speakers.labelOf(speaker);
    if (shown?.dataset.speaker === speaker && shown.dataset.label === label) return;
    shown?.remove();
    shown = element(
      "button",
      { type: "button", className: "said-by", title: this.t.text("speaker.open") },
      speakerBadge(speaker),
      label,
    );
    Object.assign(shown.dataset, { speaker, label });
    shown.addEventListener("click", (event) => {
      event.stopPropagation();
      this.onSpeaker(speaker);
    });
    row.prepend(shown);
  }

  /** Begin a paragraph at each segment where the rule wants one, and at no other. */
  #divideIntoParagraphs() {
    const focused = this.root.getRootNode().activeElement;
    this.#rule = new ParagraphRule();
    for (const [position, text] of this.#texts.entries()) {
      const begins = this.#rule.begins(this.segments.at(position)) || position === 0;
      const row = text.parentElement;
      const paragraph = row.parentElement;
      if (begins === (row === paragraph.firstElementChild)) continue;
      if (begins) {
        const rows = [...paragraph.children];
        const moved = element("li", { className: "paragraph" });
        moved.append(...rows.slice(rows.indexOf(row)));
        paragraph.after(moved);
      } else {
        paragraph.previousElementSibling.append(...paragraph.children);
        paragraph.remove();
      }
    }
    this.#reserveParagraphs();
    // an element that is moved loses the focus
    if (this.root.contains(focused)) focused.focus({ preventScroll: true });
  }

  #reserveParagraphs() {
    for (const paragraph of this.root.children) {
      const positions = [...paragraph.children].map(({ dataset }) => Number(dataset.position));
      const chars = positions.reduce((sum, each) => sum + this.segments.at(each).text.length, 0);
      reserveLines(paragraph, chars);
      this.#paragraph = { element: paragraph, chars };
    }
  }

  #mark(row, segment) {
    row.classList.toggle("corrected", segment.isCorrected);
    row.classList.toggle("unsure", isUnsure(segment));
  }
}

/** Return the selected range, also within a shadow root. */
function selectionIn(root) {
  const selection = getSelection();
  if (selection.getComposedRanges && root instanceof ShadowRoot) {
    return selection.getComposedRanges({ shadowRoots: [root] })[0];
  }
  const own = root.getSelection?.() ?? selection;
  return own.rangeCount ? own.getRangeAt(0) : null;
}

/** Reserve the height of a text that is not laid out yet. */
function reserveLines(target, chars) {
  const lines = Math.ceil(chars / LINE_CHARS) || 1;
  target.style.containIntrinsicBlockSize = `auto ${lines * LINE_REM + 0.75}rem`;
}

export function isUnsure(segment) {
  return segment.unsure.length > 0 && !segment.isCorrected;
}
