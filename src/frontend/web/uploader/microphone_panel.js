// Shows the level, the time and the buttons while the microphone records.

import { element, textButton, textElement } from "../common/elements.js";
import { failureNotice } from "../common/notices.js";
import { clock } from "../common/translator.js";
import { Microphone } from "./microphone.js";

export class MicrophonePanel {
  #microphone = null;
  #frame = null;

  /** Callbacks: `onRecording(file)`, and `onOpen(isOpen)` when recording begins or ends. */
  constructor({ t, onRecording, onOpen }) {
    Object.assign(this, { t, onRecording, onOpen });
    this.element = element("div", { className: "microphone", hidden: true });
    this.confirmLeaving = (event) => event.preventDefault();
  }

  async open() {
    const { t, element: panel } = this;
    panel.hidden = false;
    if (!Microphone.isSupported) {
      this.#showFailure("uploader.no_microphone");
      return;
    }
    panel.replaceChildren(textElement("p", t.text("uploader.microphone_asking")));
    const microphone = new Microphone();
    try {
      await microphone.open();
    } catch {
      microphone.close();
      this.#showFailure("uploader.microphone_refused");
      return;
    }
    this.#microphone = microphone;
    // speech cannot be recorded a second time
    window.addEventListener("beforeunload", this.confirmLeaving);
    this.#show();
    this.onOpen(true);
  }

  /** Keep the recording so far when the view is replaced, as a change of language does. */
  async leave() {
    if (this.#microphone) await this.#finish();
  }

  close() {
    cancelAnimationFrame(this.#frame);
    window.removeEventListener("beforeunload", this.confirmLeaving);
    this.#microphone?.close();
    this.#microphone = null;
    this.element.hidden = true;
    this.onOpen(false);
  }

  #showFailure(key) {
    const { t } = this;
    this.element.replaceChildren(failureNotice(t.text(key), t.text(`${key}.next`)));
  }

  #show() {
    const { t } = this;
    const bar = element("span");
    const level = element(
      "div",
      {
        className: "level",
        role: "meter",
        "aria-label": t.text("uploader.microphone_level"),
        "aria-valuemin": "0",
        "aria-valuemax": "100",
      },
      bar,
    );
    const time = element("span", { className: "time", role: "timer" });
    const finish = textButton(t.text("uploader.microphone_finish"), () => this.#finish(), {
      className: "primary",
      iconName: "stop",
    });
    const pause = textButton(t.text("uploader.microphone_pause"), () => this.#togglePause(pause));
    const discard = textButton(t.text("uploader.microphone_discard"), () => this.close());
    const actions = element("div", { className: "actions" }, finish, pause, discard);
    this.state = element("span", { role: "status" });
    this.#showState();
    this.element.replaceChildren(
      element("div", { className: "sound" }, time, this.state, level),
      actions,
    );
    finish.focus();
    this.#showLevel(time, level, bar);
  }

  #showLevel(time, level, bar) {
    const share = this.#microphone.isPaused ? 0 : this.#microphone.level;
    time.textContent = clock(this.#microphone.seconds);
    bar.style.width = `${share * 100}%`;
    level.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    this.#frame = requestAnimationFrame(() => this.#showLevel(time, level, bar));
  }

  #togglePause(button) {
    const { isPaused } = this.#microphone;
    if (isPaused) this.#microphone.resume();
    else this.#microphone.pause();
    this.#showState();
    button.textContent = this.t.text(isPaused ? "uploader.microphone_pause" : "uploader.resume");
  }

  #showState() {
    const { isPaused } = this.#microphone;
    const key = isPaused ? "uploader.microphone_paused" : "uploader.microphone_recording";
    this.state.textContent = this.t.text(key);
  }

  async #finish() {
    cancelAnimationFrame(this.#frame);
    const name = this.t.text("uploader.microphone_file", { moment: timestamp(new Date()) });
    const file = await this.#microphone.finish(name);
    this.#microphone = null;
    this.close();
    this.onRecording(file);
  }
}

/** Return a moment in characters that a file's name may have; a dot would begin an extension. */
function timestamp(now) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `${day} ${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
}
