// The bar that finds and replaces in the transcript.

import { element, iconButton, textButton } from "../common/elements.js";
import { findAll, searchPattern, replaceAll, replaceOne } from "./find.js";
import { highlight } from "./highlights.js";

export class FindBar {
  #found = [];
  #at = -1;
  #soon = 0;

  constructor(t, { segments, transcript, editor }) {
    Object.assign(this, { t, segments, transcript, editor });
    this.root = this.#build();
    segments.addEventListener("changed", () => this.#searchSoon());
    segments.addEventListener("reset", () => this.#searchSoon());
  }

  get isOpen() {
    return !this.root.hidden;
  }

  open() {
    const chosen = getSelection().toString().trim();
    this.root.hidden = false;
    if (chosen && !chosen.includes("\n")) this.query.value = chosen;
    this.query.select();
    this.query.focus();
    this.#search();
  }

  close() {
    this.root.hidden = true;
    this.#search();
    this.transcript.focus(this.#found[this.#at]?.position ?? this.transcript.active);
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
    this.query.addEventListener("keydown", (event) => this.#key(event, (back) => this.#go(back)));
    this.replacement.addEventListener("keydown", (event) => this.#key(event, () => this.#replaceOne()));
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

  #key(event, go) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    go(event.shiftKey);
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
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#search());
  }

  /** Look again, and stay at the place where one was. */
  #search() {
    const was = this.#found[this.#at];
    const pattern = this.#pattern;
    this.#found = pattern ? findAll(this.segments.texts(), pattern) : [];
    this.#at = was ? this.#found.findIndex((place) => !isBefore(place, was)) : -1;
    this.#show();
  }

  #go(back) {
    const n = this.#found.length;
    if (!n) return;
    if (this.#at < 0) this.#at = this.#nearest(back);
    else this.#at = (this.#at + (back ? n - 1 : 1)) % n;
    this.transcript.reveal(this.#found[this.#at].position, "center");
    this.#show();
  }

  /** The first place from the phrase on that the keyboard is at. */
  #nearest(back) {
    const from = this.transcript.active;
    const next = this.#found.findIndex(({ position }) => position >= from);
    if (!back) return Math.max(0, next);
    return next > 0 ? next - 1 : this.#found.length - 1;
  }

  #show() {
    const { t } = this;
    const n = this.#found.length;
    const range = ({ position, start, end }) => this.transcript.range(position, start, end);
    highlight("found", this.#found.map(range));
    highlight("found-here", this.#at < 0 ? [] : [range(this.#found[this.#at])]);
    if (!this.query.value) this.count.textContent = "";
    else if (!n) this.count.textContent = t.text("find.none");
    else if (this.#at < 0) this.count.textContent = t.text("find.count", { count: n });
    else this.count.textContent = t.text("find.position", { at: this.#at + 1, n });
  }

  #replaceOne() {
    if (!this.editor.isAllowed) return;
    if (this.#at < 0) return this.#go(false);
    const place = this.#found[this.#at];
    const { text } = this.segments.at(place.position);
    const changed = replaceOne(text, place, this.replacement.value);
    this.editor.change([[place.position, changed]], "replace");
    // what was put there may match again: the next one comes after it
    const after = { ...place, start: place.start + this.replacement.value.length };
    this.#search();
    this.#at = this.#found.findIndex((other) => !isBefore(other, after)) - 1;
    this.#go(false);
  }

  #replaceAll() {
    const pattern = this.#pattern;
    if (!pattern || !this.editor.isAllowed) return;
    const count = this.#found.length;
    const changed = replaceAll(this.segments.texts(), pattern, this.replacement.value);
    this.editor.change(changed, "replace");
    clearTimeout(this.#soon);
    this.#search();
    this.count.textContent = this.t.text("find.replaced", { count });
  }
}

function isBefore(place, other) {
  if (place.position !== other.position) return place.position < other.position;
  return place.start < other.start;
}
