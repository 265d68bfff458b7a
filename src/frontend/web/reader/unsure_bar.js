// Marks the segments that the model was unsure of, says why, and steps through them.

import { element, iconButton } from "../common/elements.js";
import { highlight } from "./highlights.js";
import { isUnsure } from "./transcript.js";
import { wordOffsets } from "./word_timing.js";

const QUIET_MS = 300;

export class UnsureBar {
  #timer = 0;
  #current = null;

  constructor({ t, segments, transcript }) {
    Object.assign(this, { t, segments, transcript });
    this.note = element("span", { className: "count", role: "status" });
    this.root = element(
      "div",
      { className: "unsure-bar", role: "group", "aria-label": t.text("unsure.label") },
      iconButton("up", t.text("unsure.previous"), () => this.goToPrevious()),
      iconButton("down", t.text("unsure.next"), () => this.goToNext()),
    );
    segments.addEventListener("changed", () => this.#showSoon());
    segments.addEventListener("replaced", () => ((this.#current = null), this.#showSoon()));
    transcript.addEventListener("drawn", () => this.#show());
    this.#show();
  }

  goToNext() {
    const from = this.#current ?? -1;
    this.#goTo((positions) => positions.find((each) => each > from) ?? positions[0]);
  }

  goToPrevious() {
    const from = this.#current ?? Infinity;
    this.#goTo((positions) => positions.findLast((each) => each < from) ?? positions.at(-1));
  }

  #goTo(choose) {
    const positions = this.#positions();
    if (!positions.length) return;
    this.#current = choose(positions);
    this.transcript.focus(this.#current);
    this.transcript.reveal(this.#current, "center");
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
    this.root.hidden = positions.length === 0;
    this.note.hidden = this.segments.length === 0;
    this.note.textContent = this.#noteText(positions);
    highlight("unsure", positions.flatMap((position) => this.#unsureRanges(position)));
  }

  #noteText(positions) {
    const { t } = this;
    if (!positions.length) return t.text("unsure.none");
    const index = positions.indexOf(this.#current);
    if (index < 0) return t.text("unsure.count", { count: positions.length });
    const { unsure } = this.segments.at(this.#current);
    const signs = unsure.map((sign) => t.text(`unsure.sign.${sign}`)).join(", ");
    return `${t.text("find.position", { at: index + 1, n: positions.length })}: ${signs}`;
  }

  #unsureRanges(position) {
    const segment = this.segments.at(position);
    if (!segment.unsureWords.length) return [];
    const { text, words } = this.segments.shown(position);
    const offsets = wordOffsets(text, words);
    return segment.unsureWords
      .filter((index) => offsets[index])
      .map((index) => this.transcript.range(position, ...offsets[index]));
  }
}
