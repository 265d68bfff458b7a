// The phrases that the model was unsure of: marked, told why, and gone through one by one.

import { element, iconButton } from "../common/elements.js";
import { light } from "./lighting.js";
import { wordPlaces } from "./spoken.js";
import { isUnsure } from "./transcript.js";

const QUIET_MS = 300;

export class Unsure {
  #timer = 0;
  #at = null;

  constructor(words, { segments, transcript }) {
    Object.assign(this, { words, segments, transcript });
    this.note = element("span", { className: "count", role: "status" });
    this.root = element(
      "div",
      { className: "unsure-bar", role: "group", "aria-label": words.say("unsure.label") },
      iconButton("up", words.say("unsure.previous"), () => this.go(true)),
      iconButton("down", words.say("unsure.next"), () => this.go(false)),
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
    light("unsure", positions.flatMap((position) => this.#wordsOf(position)));
  }

  #inWords(positions) {
    const { words } = this;
    const at = positions.indexOf(this.#at);
    if (at < 0) return words.say("unsure.count", { count: positions.length });
    const why = this.segments.at(this.#at).unsure.map((sign) => words.say(`unsure.sign.${sign}`));
    return `${words.say("find.at", { at: at + 1, n: positions.length })}: ${why.join(", ")}`;
  }

  #wordsOf(position) {
    const segment = this.segments.at(position);
    if (!segment.unsureWords.length) return [];
    const places = wordPlaces(segment.text, segment.words);
    return segment.unsureWords
      .filter((index) => places[index])
      .map((index) => this.transcript.range(position, ...places[index]));
  }
}
