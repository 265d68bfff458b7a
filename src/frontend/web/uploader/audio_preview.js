// A recording before and after normalisation: two waveforms, and an excerpt of each to play.

import { element, icon, textButton, textElement } from "../common/elements.js";
import { clock } from "../common/translator.js";
import { drawWaveform } from "../common/waveform.js";
import { playExcerpt, stopExcerpt } from "./excerpt_player.js";
import { loudestExcerptStart } from "./loudest_excerpt.js";

const EXCERPT_S = 8;
const SIDES = ["before", "after"];

export class AudioPreview {
  #recording = null;
  #normalization = "";
  #start = null;
  #playing = null;

  constructor({ t, excerptUrl }) {
    Object.assign(this, { t, excerptUrl });
    this.sides = Object.fromEntries(SIDES.map((name) => [name, this.#newSide(name)]));
    this.position = element("input", { type: "range", min: 0, step: 1 });
    this.position.addEventListener("input", () => this.#moveTo(Number(this.position.value)));
    this.output = element("output");
    const text = t.text("uploader.excerpt_start");
    this.label = element("label", { className: "position" }, text, this.position, this.output);
    const sides = SIDES.map((name) => this.sides[name].element);
    this.element = element("div", { className: "waves" }, ...sides, this.label);
    this.sizes = new ResizeObserver(() => this.#draw());
    this.sizes.observe(this.element);
  }

  /** `recording`: the backend's preview; `normalization`: the options it was made with. */
  show(recording, normalization) {
    const isNew = this.#normalization !== normalization;
    this.#recording = recording;
    this.#normalization = normalization;
    if (isNew && this.#playing === "after") stopExcerpt();
    const last = Math.max(0, Math.floor(analyzedS(recording) - EXCERPT_S));
    this.position.max = last;
    this.label.hidden = last === 0;
    this.#start ??= Math.min(last, Math.floor(loudestExcerptStart(recording.waveform, EXCERPT_S)));
    this.position.value = this.#start;
    this.#showLabels();
    this.#draw();
  }

  close() {
    this.sizes.disconnect();
    if (this.#playing) stopExcerpt();
  }

  #newSide(name) {
    const title = textElement("span", "");
    const canvas = element("canvas", { role: "img" });
    canvas.addEventListener("click", (event) => this.#moveToPixel(canvas, event.offsetX));
    const play = textButton("", () => this.#toggle(name));
    const head = element("div", { className: "head" }, title, play);
    return { title, canvas, play, element: element("div", { className: "side" }, head, canvas) };
  }

  #showLabels() {
    const { t } = this;
    const titles = { before: t.text("uploader.before"), after: gainText(t, this.#recording) };
    for (const name of SIDES) {
      const { title, canvas, play } = this.sides[name];
      title.textContent = titles[name];
      canvas.setAttribute("aria-label", t.text("uploader.waveform", { side: titles[name] }));
      const isPlaying = this.#playing === name;
      const label = t.text(isPlaying ? "uploader.stop" : "uploader.listen");
      play.replaceChildren(icon(isPlaying ? "stop" : "play"), label);
      play.setAttribute("aria-label", `${label}: ${titles[name]}`);
    }
    this.output.textContent = clock(this.#start);
  }

  #draw() {
    if (!this.#recording || !this.element.clientWidth) return;
    const { waveform, normalized } = this.#recording;
    const duration = analyzedS(this.#recording);
    const excerpt = [this.#start / duration, (this.#start + EXCERPT_S) / duration];
    drawWaveform(this.sides.before.canvas, waveform.peaks, excerpt);
    drawWaveform(this.sides.after.canvas, normalized.peaks, excerpt);
  }

  #moveToPixel(canvas, x) {
    const middle = (x / canvas.clientWidth) * analyzedS(this.#recording);
    this.#moveTo(middle - EXCERPT_S / 2);
  }

  #moveTo(seconds) {
    this.#start = Math.round(Math.min(Number(this.position.max), Math.max(0, seconds)));
    this.position.value = this.#start;
    if (this.#playing) stopExcerpt();
    this.#showLabels();
    this.#draw();
  }

  #toggle(name) {
    if (this.#playing === name) return stopExcerpt();
    const options = name === "after" ? this.#normalization : "normalization=none";
    const query = new URLSearchParams(options);
    query.set("start_s", this.#start);
    query.set("duration_s", EXCERPT_S);
    playExcerpt(`${this.excerptUrl}?${query}`, (outcome) => this.#onEnd(outcome));
    this.#playing = name;
    this.#showLabels();
  }

  #onEnd({ failed }) {
    this.#playing = null;
    this.#showLabels();
    if (failed) this.output.textContent = this.t.text("uploader.playback_failed");
  }
}

/** Return how many seconds from the start the waveforms and excerpts cover. */
function analyzedS({ analyzed_s: analyzed, duration_s: duration }) {
  return analyzed ?? duration;
}

function gainText(t, { gain_db: gainDb }) {
  if (Math.abs(gainDb) < 0.05) return t.text("uploader.unchanged");
  const direction = gainDb < 0 ? "quieter" : "louder";
  return t.text(`uploader.after_${direction}`, { gain: t.number(Math.abs(gainDb), 1) });
}
