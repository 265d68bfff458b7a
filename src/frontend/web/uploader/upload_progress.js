// A recording that is not there yet: how far it is, how fast it goes, what one can do.

import { element, textButton } from "../common/elements.js";
import { failureNotice, problemNotice } from "../common/notices.js";
import { State } from "./upload.js";

export class UploadProgress {
  constructor(t, upload, { onChoose, onResume }) {
    Object.assign(this, { t, upload, onChoose, onResume });
    this.bar = element("progress", { max: 1, "aria-label": t.text("uploader.progress") });
    this.note = element("p", { className: "note" });
    this.more = element("div", { className: "actions" });
    this.element = element("div", {}, this.bar, this.note, this.more);
    this.showState();
  }

  showState() {
    const { t, upload } = this;
    const isRefused = upload.state === State.TOO_LARGE;
    this.bar.hidden = isRefused || upload.state === State.FAILED;
    this.more.replaceChildren(...this.#actions());
    this.note.classList.toggle("asking", upload.state === State.NEEDS_FILE);
    if (upload.state === State.FAILED) this.more.prepend(problemNotice(t, upload.problem));
    this.show();
  }

  show() {
    const { upload, bar, note } = this;
    bar.value = upload.size ? upload.sent / upload.size : 0;
    note.textContent = this.#note();
    note.hidden = !note.textContent;
  }

  #note() {
    const { t, upload } = this;
    const sent = { sent: t.size(upload.sent), total: t.size(upload.size) };
    switch (upload.state) {
      case State.WAITING:
        return t.text("uploader.waiting");
      case State.PAUSED:
        return t.text("uploader.paused", sent);
      case State.NEEDS_FILE:
        return t.text("uploader.interrupted", sent);
      case State.SENDING:
        return upload.isRetrying ? t.text("uploader.retrying") : this.#speed(sent);
      default:
        return "";
    }
  }

  #speed(sent) {
    const { t, upload } = this;
    const { bytesPerSecond: speed, secondsLeft: left } = upload;
    const parts = [t.text("uploader.sent", sent)];
    if (speed) {
      parts.push(t.text("uploader.speed", { size: t.size(speed) }));
      parts.push(t.text("uploader.left", { time: t.duration(left) }));
    }
    return parts.join(" · ");
  }

  #actions() {
    const { t, upload } = this;
    switch (upload.state) {
      case State.SENDING:
        return [textButton(t.text("uploader.pause"), () => upload.pause())];
      case State.PAUSED:
        return [textButton(t.text("uploader.resume"), this.onResume)];
      case State.FAILED:
        return [textButton(t.text("uploader.retry"), this.onResume)];
      case State.NEEDS_FILE:
        return [textButton(t.text("uploader.choose_again"), this.onChoose)];
      case State.TOO_LARGE:
        return [this.#tooLarge()];
      default:
        return [];
    }
  }

  #tooLarge() {
    const size = this.t.size(this.upload.problem.limitBytes);
    const title = this.t.text("uploader.too_large", { size });
    return failureNotice(title, this.t.text("problem.too_large.next"));
  }
}
