// Plays the recording: sound and picture, buttons, and a bar to seek.

import { element, icon, iconButton, nameButton } from "../common/elements.js";
import { clock } from "../common/translator.js";
import { PlayedWaveform } from "./played_waveform.js";
import { VideoPicture } from "./video_picture.js";

export const STEP_S = 5;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];
const SPEED_KEY = "reader-speed";

/** Seconds that a pause is rewound by, so that a typist hears the last words again. */
const REWINDS_S = [0, 1, 2, 3];
const REWIND_KEY = "reader-rewind";

/** Events: `time`, when the current time changed; `unplayable`. */
export class Player extends EventTarget {
  #frame = 0;
  #loop = null;

  /** `selectedTimes()` returns the `[start, end]` in seconds of what is selected in the text. */
  constructor({ t, url, durationS, selectedTimes }) {
    super();
    Object.assign(this, { t, durationS, selectedTimes });
    this.media = element("video", { preload: "metadata", src: url, playsInline: true });
    this.picture = new VideoPicture({ t, media: this.media });
    this.#listen();
    this.root = this.#build();
    this.setSpeed(Number(localStorage.getItem(SPEED_KEY)) || 1);
    this.#show();
  }

  get isPlaying() {
    return !this.media.paused;
  }

  get hasStarted() {
    return this.isPlaying || this.currentTime > 0;
  }

  get currentTime() {
    return this.media.currentTime;
  }

  /** Pause, or go on a little before the pause. */
  toggle() {
    if (this.isPlaying) {
      this.media.pause();
      return;
    }
    if (!this.media.ended) this.seek(this.currentTime - Number(this.rewind.value));
    this.play();
  }

  /** Repeat what is selected in the text, or stop to. */
  toggleLoop() {
    this.#loop = this.#loop ? null : this.selectedTimes();
    this.loop.setAttribute("aria-pressed", String(this.#loop !== null));
    if (this.#loop) this.playFrom(this.#loop[0]);
  }

  play() {
    // after a broken connection, the browser does not load the audio again by itself
    if (this.media.error) this.#reload();
    this.media.play().catch(() => {});
  }

  pause() {
    this.media.pause();
  }

  seek(time) {
    this.media.currentTime = Math.min(Math.max(0, time), this.durationS || time);
    this.#show();
  }

  playFrom(time) {
    this.seek(time);
    this.play();
  }

  skip(seconds) {
    this.seek(this.currentTime + seconds);
  }

  changeSpeed(steps) {
    const at = SPEEDS.indexOf(this.media.playbackRate) + steps;
    this.setSpeed(SPEEDS[Math.min(Math.max(0, at), SPEEDS.length - 1)]);
  }

  setSpeed(speed) {
    const known = SPEEDS.includes(speed) ? speed : 1;
    this.media.defaultPlaybackRate = this.media.playbackRate = known;
    this.speed.value = String(known);
    localStorage.setItem(SPEED_KEY, String(known));
  }

  showWaveform(peaks) {
    this.waveform.show(peaks);
  }

  /** Replace the player with the reason why it cannot play. */
  showUnplayable(reason) {
    this.root.replaceChildren(element("p", { role: "status", textContent: reason }));
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.waveform.close();
    this.media.removeAttribute("src");
    this.media.load();
  }

  #reload() {
    const { currentTime } = this;
    this.media.load();
    this.media.currentTime = currentTime;
  }

  #listen() {
    const { media } = this;
    for (const event of ["play", "pause", "ended"]) {
      media.addEventListener(event, () => this.#showState());
    }
    for (const event of ["seeked", "timeupdate"]) {
      media.addEventListener(event, () => this.#show());
    }
    media.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(media.duration)) this.durationS = media.duration;
      this.#fitBar();
      this.#show();
    });
    media.addEventListener("error", () => this.dispatchEvent(new Event("unplayable")));
  }

  #build() {
    const { t } = this;
    this.button = iconButton("play", t.text("player.play"), () => this.toggle(), "play");
    this.clock = element("span", { className: "clock" });
    this.speed = element(
      "select",
      { "aria-label": t.text("player.speed"), title: t.text("player.speed") },
      ...SPEEDS.map((speed) =>
        element("option", { value: String(speed), textContent: `${t.number(speed)}×` }),
      ),
    );
    this.speed.addEventListener("change", () => this.setSpeed(Number(this.speed.value)));
    this.rewind = this.#buildRewind();
    this.loop = iconButton("loop", t.text("player.loop"), () => this.toggleLoop(), "typist");
    this.loop.setAttribute("aria-pressed", "false");
    const canvas = element("canvas", { "aria-hidden": "true" });
    this.waveform = new PlayedWaveform(canvas);
    this.timeline = element("canvas", { className: "timeline", hidden: true, "aria-hidden": "true" });
    this.bar = this.#buildBar();
    this.#fitBar();
    return element(
      "div",
      { className: "player", role: "group", "aria-label": t.text("player.label") },
      iconButton("back", t.text("player.back"), () => this.skip(-STEP_S)),
      this.button,
      iconButton("forward", t.text("player.forward"), () => this.skip(STEP_S)),
      element("div", { className: "wave" }, canvas, this.timeline, this.bar),
      this.clock,
      this.speed,
      this.rewind,
      this.loop,
      this.picture.button,
    );
  }

  #buildRewind() {
    const { t } = this;
    const label = t.text("player.rewind");
    const option = (seconds) =>
      element("option", { value: String(seconds), textContent: t.text("player.rewind_by", { seconds }) });
    const rewind = element("select", { className: "typist", "aria-label": label, title: label });
    rewind.append(...REWINDS_S.map(option));
    rewind.value = localStorage.getItem(REWIND_KEY) ?? "0";
    rewind.addEventListener("change", () => localStorage.setItem(REWIND_KEY, rewind.value));
    return rewind;
  }

  #buildBar() {
    const { t } = this;
    const bar = element("input", {
      type: "range",
      min: 0,
      "aria-label": t.text("player.position"),
    });
    bar.addEventListener("input", () => this.seek(Number(bar.value)));
    return bar;
  }

  /** Let an arrow key move by a two-hundredth, between 0.1 s and 5 s. */
  #fitBar() {
    this.bar.max = this.durationS || 1;
    this.bar.step = Math.min(5, Math.max(0.1, (this.durationS || 1) / 200));
  }

  /** Show whether it plays, and update the time with each frame while it does. */
  #showState() {
    const { isPlaying, button, t } = this;
    button.replaceChildren(icon(isPlaying ? "pause" : "play"));
    nameButton(button, t.text(isPlaying ? "player.pause" : "player.play"));
    cancelAnimationFrame(this.#frame);
    const step = () => {
      this.#show();
      if (this.isPlaying) this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #show() {
    const { currentTime, durationS } = this;
    if (this.#loop && this.isPlaying && currentTime >= this.#loop[1]) this.seek(this.#loop[0]);
    const text = `${clock(currentTime)} / ${clock(durationS || 0)}`;
    if (this.clock.textContent !== text) {
      this.clock.textContent = text;
      this.bar.setAttribute("aria-valuetext", text);
    }
    this.bar.value = currentTime;
    this.waveform.showPlayed(durationS ? currentTime / durationS : 0);
    this.dispatchEvent(new Event("time"));
  }
}
