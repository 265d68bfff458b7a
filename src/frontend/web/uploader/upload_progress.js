// A recording that has not arrived yet: its progress, its speed and its buttons.

import { element, textButton } from "../common/elements.js";
import { failureNotice, problemNotice } from "../common/notices.js";
import { State } from "./upload.js";

export class UploadProgress {
  constructor({ t, upload, onChoose, onResume }) {
    Object.assign(this, { t, upload, onChoose, onResume });
    this.bar = element("progress", { max: 1, "aria-label": t.text("uploader.progress") });
    this.note = element("p", { className: "note" });
    this.actions = element("div", { className: "actions" });
    this.element = element("div", {}, this.bar, this.note, this.actions);
    this.showState();
  }

  showState() {
    const { t, upload } = this;
    const { state } = upload;
    this.bar.hidden = state === State.TOO_LARGE || state === State.FAILED;
    this.actions.replaceChildren(...this.#actions());
    this.note.classList.toggle("asking", state === State.NEEDS_FILE);
    if (state === State.FAILED) this.actions.prepend(problemNotice(t, upload.problem));
    this.showProgress();
  }

  showProgress() {
    const { t, upload, bar, note } = this;
    bar.value = upload.size ? upload.sentBytes / upload.size : 0;
    note.textContent = progressText(t, upload);
    note.hidden = !note.textContent;
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
    const { t, upload } = this;
    const title = t.text("uploader.too_large", { size: t.size(upload.problem.limitBytes) });
    return failureNotice(title, t.text("problem.too_large.next"));
  }
}

/** Return how far an upload is, in one line; empty when its notice or its card says it. */
export function progressText(t, upload) {
  const sent = { sent: t.size(upload.sentBytes), total: t.size(upload.size) };
  switch (upload.state) {
    case State.WAITING:
      return t.text("uploader.waiting");
    case State.PAUSED:
      return t.text("uploader.paused", sent);
    case State.NEEDS_FILE:
      return t.text("uploader.interrupted", sent);
    case State.SENDING:
      return upload.isRetrying ? t.text("uploader.retrying") : sendingText(t, upload, sent);
    default:
      return "";
  }
}

function sendingText(t, { bytesPerSecond, secondsLeft }, sent) {
  const parts = [t.text("uploader.sent", sent)];
  if (bytesPerSecond) {
    parts.push(t.text("uploader.speed", { size: t.size(bytesPerSecond) }));
    parts.push(t.text("uploader.left", { time: t.duration(secondsLeft) }));
  }
  return parts.join(" · ");
}
