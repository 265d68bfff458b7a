// Handles between phrases: dragging one moves the border to the word under the pointer.

import { element } from "../common/elements.js";
import { caretAt } from "./caret_at.js";
import { highlight } from "./highlights.js";
import { lastWordBefore, wordOffsets } from "./word_timing.js";

/** For the pointer only: the keyboard has shortcuts, and the tools of a phrase a list. */
export class BorderHandles {
  #handles = [];
  #drag = null;

  constructor({ t, segments, transcript, borders, signal }) {
    Object.assign(this, { t, segments, transcript, borders });
    const { root } = transcript;
    root.addEventListener("pointerover", ({ target }) => this.#showBeside(target));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", () => this.#drop());
    root.addEventListener("pointercancel", () => this.#end());
    addEventListener("keydown", (event) => this.#cancelByKey(event), { capture: true, signal });
    for (const event of ["reset", "replaced"]) segments.addEventListener(event, () => this.#end());
  }

  /** Show a handle at both ends of the phrase under the pointer. */
  #showBeside(target) {
    const position = this.transcript.positionOf(target);
    if (position === null || this.#drag || target.closest(".border-handle")) return;
    this.#removeHandles();
    if (!this.borders.isAllowed || this.segments.showsRaw) return;
    for (const first of [position - 1, position]) {
      const rows = [this.transcript.row(first), this.transcript.row(first + 1)];
      if (rows.every((row) => row && !row.hidden)) this.#handles.push(this.#build(first));
    }
  }

  #build(position) {
    const title = this.t.text("borders.drag");
    const handle = element("span", { className: "border-handle", title, "aria-hidden": "true" });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      handle.setPointerCapture(event.pointerId);
      this.#drag = { position, word: this.segments.at(position).words.length };
    });
    // neither select text nor take the focus
    handle.addEventListener("mousedown", (event) => event.preventDefault());
    this.transcript.textOf(position).after(handle);
    return handle;
  }

  #move({ clientX, clientY }) {
    if (!this.#drag) return;
    const word = this.#wordAt(clientX, clientY);
    if (word === null || word === this.#drag.word) return;
    this.#drag.word = word;
    highlight("moved", this.#movedRanges(this.#drag));
  }

  #drop() {
    if (!this.#drag) return;
    const { position, word } = this.#drag;
    this.#end();
    if (word !== this.segments.at(position).words.length) this.borders.moveTo(position, word);
  }

  #cancelByKey(event) {
    if (event.code !== "Escape" || !this.#drag) return;
    event.stopImmediatePropagation();
    this.#end();
  }

  #end() {
    this.#drag = null;
    highlight("moved", []);
    this.#removeHandles();
  }

  #removeHandles() {
    this.#handles.forEach((handle) => handle.remove());
    this.#handles = [];
  }

  /** Return the first word behind the border at a point, counted over both phrases, or null. */
  #wordAt(x, y) {
    const { position } = this.#drag;
    const { node, offset } = caretAt(this.transcript.root.getRootNode(), x, y);
    const place = this.transcript.positionOf(node);
    if (place !== position && place !== position + 1) return null;
    const { text, words } = this.segments.at(place);
    const nFirst = this.segments.at(position).words.length;
    const nBoth = nFirst + this.segments.at(position + 1).words.length;
    const word = lastWordBefore(text, words, offset) + 1 + (place === position ? 0 : nFirst);
    return Math.min(Math.max(word, 1), nBoth - 1);
  }

  /** Return the ranges of the words that change sides. */
  #movedRanges({ position, word }) {
    const nFirst = this.segments.at(position).words.length;
    const [place, from, to] =
      word < nFirst ? [position, word, nFirst] : [position + 1, 0, word - nFirst];
    const { text, words } = this.segments.at(place);
    const offsets = wordOffsets(text, words).slice(from, to);
    return offsets.map((each) => each && this.transcript.range(place, ...each));
  }
}
