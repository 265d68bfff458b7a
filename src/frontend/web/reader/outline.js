// The outline of a transcript: the beginnings of its paragraphs, each a way to go there.

import { element, textElement } from "../common/elements.js";
import { clock } from "../common/translator.js";

/** Characters of a paragraph that are shown; the style cuts them to two lines. */
const SHOWN_CHARS = 90;

/** Fewer paragraphs are seen at a glance. */
const MIN_PARAGRAPHS = 4;

const PAUSE_MS = 400;

export class Outline {
  #starts = [];
  #here = -1;
  #timer = 0;

  /** `onGoTo(start)`: an entry was chosen; `start` in seconds. */
  constructor({ t, segments, transcript, player, onGoTo }) {
    Object.assign(this, { segments, transcript, onGoTo });
    this.list = element("ol");
    this.root = element(
      "nav",
      { className: "outline", "aria-label": t.text("reader.outline"), hidden: true },
      textElement("h3", t.text("reader.outline")),
      this.list,
    );
    for (const event of ["drawn", "filtered"]) transcript.addEventListener(event, () => this.#buildSoon());
    segments.addEventListener("changed", () => this.#buildSoon());
    segments.addEventListener("replaced", () => this.#buildSoon());
    player.addEventListener("time", () => this.#showHere(player.currentTime));
  }

  #buildSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#build(), PAUSE_MS);
  }

  #build() {
    const positions = [...this.transcript.root.querySelectorAll(".paragraph")]
      .filter((paragraph) => !paragraph.hidden)
      .map((paragraph) => Number(paragraph.querySelector(".segment").dataset.position));
    this.#starts = positions.map((position) => this.segments.at(position).start);
    this.root.hidden = positions.length < MIN_PARAGRAPHS;
    this.list.replaceChildren(...positions.map((position) => this.#entry(position)));
    this.#here = -1;
  }

  #entry(position) {
    const { start, text } = this.segments.at(position);
    const button = element(
      "button",
      { type: "button", on: { click: () => this.onGoTo(start) } },
      textElement("span", clock(start), "clock-time"),
      textElement("span", text.slice(0, SHOWN_CHARS), "beginning"),
    );
    return element("li", {}, button);
  }

  /** Mark the paragraph that is played; this runs with each frame. */
  #showHere(time) {
    const here = this.#starts.findLastIndex((start) => start <= time);
    if (here === this.#here) return;
    this.list.children[this.#here]?.firstChild.removeAttribute("aria-current");
    this.list.children[here]?.firstChild.setAttribute("aria-current", "true");
    this.#here = here;
  }
}
