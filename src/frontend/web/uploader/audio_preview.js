// A recording before and after normalisation, to see and to hear.

import { element, icon, textButton, textElement } from "../common/elements.js";
import { drawWaveform } from "../common/waveform.js";
import { clock } from "../common/translator.js";
import { playExcerpt, stopExcerpt } from "./excerpt_player.js";
import { loudestExcerptStart } from "./loudest_excerpt.js";

const EXCERPT_S = 8;
const SIDES = ["before", "after"];

export class AudioPreview {
  #preview = null;
  #normalization = "";
  #start = null;
  #playing = null;

  constructor(t, excerptAddress) {
    this.t = t;
    this.excerptAddress = excerptAddress;
    this.sides = Object.fromEntries(SIDES.map((name) => [name, this.#newSide(name)]));
    this.position = element("input", { type: "range", min: 0, step: 1 });
    this.position.addEventListener("input", () => this.#moveTo(Number(this.position.value)));
    this.where = element("output");
    const label = element("label", { className: "position" }, this.t.text("uploader.excerpt_start"));
    label.append(this.position, this.where);
    this.label = label;
    const sides = SIDES.map((name) => this.sides[name].element);
    this.element = element("div", { className: "waves" }, ...sides, label);
    this.sizes = new ResizeObserver(() => this.#draw());
    this.sizes.observe(this.element);
  }

  show(preview, normalization) {
    const isNew = this.#normalization !== normalization;
    this.#preview = preview;
    this.#normalization = normalization;
    if (isNew && this.#playing === "after") stopExcerpt();
    const last = Math.max(0, Math.floor(preview.duration_s - EXCERPT_S));
    this.position.max = last;
    this.label.hidden = last === 0;
    this.#start ??= Math.min(last, Math.floor(loudestExcerptStart(preview.waveform, EXCERPT_S)));
    this.position.value = this.#start;
    this.#nameSides();
    this.#draw();
  }

  close() {
    this.sizes.disconnect();
    if (this.#playing) stopExcerpt();
  }

  #newSide(name) {
    const title = textElement("span", "");
    const canvas = element("canvas", { role: "img" });
    canvas.addEventListener("click", (event) => this.#pick(canvas, event.offsetX));
    const play = textButton("", () => this.#toggle(name));
    const head = element("div", { className: "head" }, title, play);
    return { title, canvas, play, element: element("div", { className: "side" }, head, canvas) };
  }

  #nameSides() {
    const { t } = this;
    const gain = t.number(Math.abs(this.#preview.gain_db), 1);
    const way = this.#preview.gain_db < -0.05 ? "quieter" : "louder";
    const isSame = Math.abs(this.#preview.gain_db) < 0.05;
    const after = isSame ? "uploader.unchanged" : `uploader.after_${way}`;
    const titles = { before: t.text("uploader.before"), after: t.text(after, { gain }) };
    for (const name of SIDES) {
      const { title, canvas, play } = this.sides[name];
      title.textContent = titles[name];
      canvas.setAttribute("aria-label", t.text("uploader.waveform", { side: titles[name] }));
      const isPlaying = this.#playing === name;
      const label = t.text(isPlaying ? "uploader.stop" : "uploader.listen");
      play.replaceChildren(icon(isPlaying ? "stop" : "play"), label);
      play.setAttribute("aria-label", `${label}: ${titles[name]}`);
    }
    this.where.textContent = clock(this.#start);
  }

  #draw() {
    if (!this.#preview || !this.element.clientWidth) return;
    const { duration_s: duration, waveform, normalized } = this.#preview;
    const part = [this.#start / duration, (this.#start + EXCERPT_S) / duration];
    drawWaveform(this.sides.before.canvas, waveform.peaks, part);
    drawWaveform(this.sides.after.canvas, normalized.peaks, part);
  }

  #pick(canvas, x) {
    const middle = (x / canvas.clientWidth) * this.#preview.duration_s;
    this.#moveTo(middle - EXCERPT_S / 2);
  }

  #moveTo(seconds) {
    this.#start = Math.round(Math.min(Number(this.position.max), Math.max(0, seconds)));
    this.position.value = this.#start;
    if (this.#playing) stopExcerpt();
    this.#nameSides();
    this.#draw();
  }

  #toggle(name) {
    if (this.#playing === name) return stopExcerpt();
    const options = name === "after" ? this.#normalization : "normalization=none";
    const query = new URLSearchParams(options);
    query.set("start_s", this.#start);
    query.set("duration_s", EXCERPT_S);
    playExcerpt(`${this.excerptAddress}?${query}`, (outcome) => this.#onEnd(outcome));
    this.#playing = name;
    this.#nameSides();
  }

  #onEnd({ failed }) {
    this.#playing = null;
    this.#nameSides();
    if (failed) this.where.textContent = this.t.text("uploader.playback_failed");
  }
}
