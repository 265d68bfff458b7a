// The phrases that the model was unsure of: marked, told why, and gone through one by one.

import { element, iconButton } from "../common/elements.js";
import { highlight } from "./highlights.js";
import { wordOffsets } from "./word_timing.js";
import { isUnsure } from "./transcript.js";

const QUIET_MS = 300;

export class UnsureBar {
  #timer = 0;
  #at = null;

  constructor(t, { segments, transcript }) {
    Object.assign(this, { t, segments, transcript });
    this.note = element("span", { className: "count", role: "status" });
    this.root = element(
      "div",
      { className: "unsure-bar", role: "group", "aria-label": t.text("unsure.label") },
      iconButton("up", t.text("unsure.previous"), () => this.go(true)),
      iconButton("down", t.text("unsure.next"), () => this.go(false)),
    );
    segments.addEventListener("changed", () => this.#showSoon());
    transcript.addEventListener("drawn", () => this.#show());
    this.#show();
  }

  go(back) {
    const positions = this.#positions();
    if (!positions.length) return;
    const from = this.#at ?? (back ? Infinity : -1);
    const next = back
      ? (positions.findLast((each) => each < from) ?? positions.at(-1))
      : (positions.find((each) => each > from) ?? positions[0]);
    this.#at = next;
    this.transcript.focus(next);
    this.transcript.reveal(next, "center");
    this.#show();
  }

  #positions() {
    return [...this.segments].flatMap((segment, position) => (isUnsure(segment) ? [position] : []));
  }

  #showSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), QUIET_MS);
  }

  #show() {
    const positions = this.#positions();
    this.root.hidden = this.note.hidden = positions.length === 0;
    this.note.textContent = this.#inWords(positions);
    highlight("unsure", positions.flatMap((position) => this.#wordsOf(position)));
  }

  #inWords(positions) {
    const { t } = this;
    const at = positions.indexOf(this.#at);
    if (at < 0) return t.text("unsure.count", { count: positions.length });
    const why = this.segments.at(this.#at).unsure.map((sign) => t.text(`unsure.sign.${sign}`));
    return `${t.text("find.position", { at: at + 1, n: positions.length })}: ${why.join(", ")}`;
  }

  #wordsOf(position) {
    const segment = this.segments.at(position);
    if (!segment.unsureWords.length) return [];
    const places = wordOffsets(segment.text, segment.words);
    return segment.unsureWords
      .filter((index) => places[index])
      .map((index) => this.transcript.range(position, ...places[index]));
  }
}
