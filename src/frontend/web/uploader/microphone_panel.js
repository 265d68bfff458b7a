// What is seen while the microphone records: its level, the time, and what one can do.

import { element, textButton, textElement } from "../common/elements.js";
import { failureNotice } from "../common/notices.js";
import { clock } from "../common/translator.js";
import { Microphone } from "./microphone.js";

export class MicrophonePanel {
  #microphone = null;
  #frame = null;

  /** `onRecording` gets the file; `onOpen` is told whether it is recording. */
  constructor(t, { onRecording, onOpen }) {
    this.t = t;
    this.onRecording = onRecording;
    this.onOpen = onOpen;
    this.element = element("div", { className: "microphone", hidden: true });
    this.leaving = (event) => event.preventDefault();
  }

  async open() {
    const { t, element: panel } = this;
    panel.hidden = false;
    if (!Microphone.isSupported) {
      this.#refuse("uploader.no_microphone");
      return;
    }
    panel.replaceChildren(textElement("p", t.text("uploader.microphone_asking")));
    const microphone = new Microphone();
    try {
      await microphone.open();
    } catch {
      microphone.close();
      this.#refuse("uploader.microphone_refused");
      return;
    }
    this.#microphone = microphone;
    // what is spoken can be had but once
    window.addEventListener("beforeunload", this.leaving);
    this.#show();
    this.onOpen(true);
  }

  /** Keep what was spoken so far when the view goes, with another language for one. */
  async leave() {
    if (this.#microphone) await this.#finish();
  }

  close() {
    cancelAnimationFrame(this.#frame);
    window.removeEventListener("beforeunload", this.leaving);
    this.#microphone?.close();
    this.#microphone = null;
    this.element.hidden = true;
    this.onOpen(false);
  }

  #refuse(key) {
    const { t } = this;
    this.element.replaceChildren(failureNotice(t.text(key), t.text(`${key}.next`)));
  }

  #show() {
    const { t } = this;
    const bar = element("span");
    const meter = { className: "level", role: "meter", "aria-label": t.text("uploader.microphone_level") };
    const level = element("div", { ...meter, "aria-valuemin": "0", "aria-valuemax": "100" }, bar);
    const time = element("span", { className: "time", role: "timer" });
    const finish = textButton(t.text("uploader.microphone_finish"), () => this.#finish(), {
      className: "primary",
      picture: "stop",
    });
    const hold = textButton(t.text("uploader.microphone_pause"), () => this.#hold(hold));
    const discard = textButton(t.text("uploader.microphone_discard"), () => this.close());
    const actions = element("div", { className: "actions" }, finish, hold, discard);
    this.element.replaceChildren(element("div", { className: "sound" }, time, level), actions);
    finish.focus();
    this.#watch(time, level, bar);
  }

  #watch(time, level, bar) {
    const share = this.#microphone.isPaused ? 0 : this.#microphone.level;
    time.textContent = clock(this.#microphone.seconds);
    bar.style.width = `${share * 100}%`;
    level.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    this.#frame = requestAnimationFrame(() => this.#watch(time, level, bar));
  }

  #hold(holdButton) {
    const { isPaused } = this.#microphone;
    if (isPaused) this.#microphone.resume();
    else this.#microphone.pause();
    holdButton.textContent = this.t.text(isPaused ? "uploader.microphone_pause" : "uploader.resume");
  }

  async #finish() {
    cancelAnimationFrame(this.#frame);
    const name = this.t.text("uploader.microphone_file", { moment: stamp(new Date()) });
    const file = await this.#microphone.finish(name);
    this.#microphone = null;
    this.close();
    this.onRecording(file);
  }
}

/** A moment that a file can be named by. */
function stamp(now) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [two(now.getDate()), two(now.getMonth() + 1), now.getFullYear()].join(".");
  return `${day} ${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
}
