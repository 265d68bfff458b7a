// Plays the recording: audio, buttons, and a bar to seek.

import { element, icon, iconButton, nameButton } from "../common/elements.js";
import { clock } from "../common/translator.js";
import { PlayedWaveform } from "./played_waveform.js";

export const STEP_S = 5;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];
const SPEED_KEY = "reader-speed";

/** Events: `time`, when the current time changed; `unplayable`. */
export class Player extends EventTarget {
  #frame = 0;

  constructor({ t, url, durationS }) {
    super();
    Object.assign(this, { t, durationS });
    this.audio = element("audio", { preload: "metadata", src: url });
    this.#listen();
    this.root = this.#build();
    this.setSpeed(Number(localStorage.getItem(SPEED_KEY)) || 1);
    this.#show();
  }

  get isPlaying() {
    return !this.audio.paused;
  }

  get hasStarted() {
    return this.isPlaying || this.currentTime > 0;
  }

  get currentTime() {
    return this.audio.currentTime;
  }

  toggle() {
    if (this.isPlaying) this.audio.pause();
    else this.play();
  }

  play() {
    // after a broken connection, the browser does not load the audio again by itself
    if (this.audio.error) this.#reload();
    this.audio.play().catch(() => {});
  }

  pause() {
    this.audio.pause();
  }

  seek(time) {
    this.audio.currentTime = Math.min(Math.max(0, time), this.durationS || time);
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
    const at = SPEEDS.indexOf(this.audio.playbackRate) + steps;
    this.setSpeed(SPEEDS[Math.min(Math.max(0, at), SPEEDS.length - 1)]);
  }

  setSpeed(speed) {
    const known = SPEEDS.includes(speed) ? speed : 1;
    this.audio.defaultPlaybackRate = this.audio.playbackRate = known;
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
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  #reload() {
    const { currentTime } = this;
    this.audio.load();
    this.audio.currentTime = currentTime;
  }

  #listen() {
    const { audio } = this;
    for (const event of ["play", "pause", "ended"]) {
      audio.addEventListener(event, () => this.#showState());
    }
    for (const event of ["seeked", "timeupdate"]) {
      audio.addEventListener(event, () => this.#show());
    }
    audio.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(audio.duration)) this.durationS = audio.duration;
      this.#fitBar();
      this.#show();
    });
    audio.addEventListener("error", () => this.dispatchEvent(new Event("unplayable")));
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
      this.audio,
    );
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
