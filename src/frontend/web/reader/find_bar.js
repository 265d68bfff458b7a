// Finds and replaces in the transcript.

import { element, iconButton, textButton } from "../common/elements.js";
import { findAll, searchPattern, replaceAll, replaceOne } from "./find.js";
import { highlight } from "./highlights.js";

export class FindBar {
  #matches = [];
  #current = -1;
  #timer = 0;

  constructor({ t, segments, transcript, editor }) {
    Object.assign(this, { t, segments, transcript, editor });
    this.root = this.#build();
    segments.addEventListener("changed", () => this.#searchSoon());
    segments.addEventListener("reset", () => this.#searchSoon());
    segments.addEventListener("replaced", () => this.#searchSoon());
  }

  get isOpen() {
    return !this.root.hidden;
  }

  open() {
    const selected = getSelection().toString().trim();
    this.root.hidden = false;
    this.segments.showsRaw = false;
    if (selected && !selected.includes("\n")) this.query.value = selected;
    this.query.select();
    this.query.focus();
    this.#search();
  }

  close() {
    this.root.hidden = true;
    this.#search();
    this.transcript.focus(this.#matches[this.#current]?.position ?? this.transcript.active);
  }

  #build() {
    const { t } = this;
    const field = (name) =>
      element("input", {
        type: "text",
        placeholder: t.text(`find.${name}`),
        "aria-label": t.text(`find.${name}`),
        autocomplete: "off",
        spellcheck: false,
      });
    this.query = field("query");
    this.replacement = field("replacement");
    this.count = element("span", { className: "count", role: "status" });
    this.matchCase = this.#option("case");
    this.wholeWords = this.#option("whole_words");
    this.query.addEventListener("input", () => this.#search());
    this.query.addEventListener("keydown", (event) => this.#onKey(event, (back) => this.#go(back)));
    const replace = () => this.#replaceOne();
    this.replacement.addEventListener("keydown", (event) => this.#onKey(event, replace));
    return element(
      "div",
      { className: "find", role: "search", "aria-label": t.text("find.label"), hidden: true },
      element(
        "div",
        { className: "row" },
        this.query,
        this.count,
        iconButton("up", t.text("find.previous"), () => this.#go(true)),
        iconButton("down", t.text("find.next"), () => this.#go(false)),
        iconButton("close", t.text("find.close"), () => this.close()),
      ),
      element(
        "div",
        { className: "row" },
        this.replacement,
        textButton(t.text("find.replace"), () => this.#replaceOne()),
        textButton(t.text("find.replace_all"), () => this.#replaceAll()),
        this.matchCase.parentElement,
        this.wholeWords.parentElement,
      ),
    );
  }

  #option(name) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => this.#search());
    element("label", {}, box, this.t.text(`find.${name}`));
    return box;
  }

  #onKey(event, onEnter) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    onEnter(event.shiftKey);
  }

  get #pattern() {
    return this.isOpen
      ? searchPattern(this.query.value, {
          matchCase: this.matchCase.checked,
          wholeWords: this.wholeWords.checked,
        })
      : null;
  }

  #searchSoon() {
    if (!this.isOpen) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search());
  }

  /** Search again, and stay at the current match. */
  #search() {
    const previous = this.#matches[this.#current];
    const pattern = this.#pattern;
    this.#matches = pattern ? findAll(this.segments.texts(), pattern) : [];
    const isCurrent = (match) => !isBefore(match, previous);
    this.#current = previous ? this.#matches.findIndex(isCurrent) : -1;
    this.#show();
  }

  #go(back) {
    const n = this.#matches.length;
    if (!n) return;
    if (this.#current < 0) this.#current = this.#nearest(back);
    else this.#current = (this.#current + (back ? n - 1 : 1)) % n;
    this.transcript.reveal(this.#matches[this.#current].position, "center");
    this.#show();
  }

  /** Return the match nearest to the segment that the keyboard acts on. */
  #nearest(back) {
    const from = this.transcript.active;
    const next = this.#matches.findIndex(({ position }) => position >= from);
    if (!back) return Math.max(0, next);
    return next > 0 ? next - 1 : this.#matches.length - 1;
  }

  #show() {
    const { t } = this;
    const n = this.#matches.length;
    const range = ({ position, start, end }) => this.transcript.range(position, start, end);
    highlight("found", this.#matches.map(range));
    highlight("found-here", this.#current < 0 ? [] : [range(this.#matches[this.#current])]);
    if (!this.query.value) this.count.textContent = "";
    else if (!n) this.count.textContent = t.text("find.none");
    else if (this.#current < 0) this.count.textContent = t.text("find.count", { count: n });
    else this.count.textContent = t.text("find.position", { at: this.#current + 1, n });
  }

  #replaceOne() {
    if (!this.editor.isAllowed) return;
    if (this.#current < 0) return this.#go(false);
    const match = this.#matches[this.#current];
    const { text } = this.segments.at(match.position);
    const changed = replaceOne(text, match, this.replacement.value);
    this.editor.change([[match.position, changed]], "replace");
    // continue after the replacement, which may match as well
    const after = { ...match, start: match.start + this.replacement.value.length };
    this.#search();
    this.#current = this.#matches.findIndex((other) => !isBefore(other, after)) - 1;
    this.#go(false);
  }

  #replaceAll() {
    const pattern = this.#pattern;
    if (!pattern || !this.editor.isAllowed) return;
    const count = this.#matches.length;
    const changed = replaceAll(this.segments.texts(), pattern, this.replacement.value);
    this.editor.change(changed, "replace");
    clearTimeout(this.#timer);
    this.#search();
    this.count.textContent = this.t.text("find.replaced", { count });
  }
}

function isBefore(match, other) {
  if (match.position !== other.position) return match.position < other.position;
  return match.start < other.start;
}
