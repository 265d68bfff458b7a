// A recording that is not there yet: how far it is, how fast it goes, what one can do.

import { element, textButton } from "../common/elements.js";
import { failureNotice, problemNotice } from "../common/notices.js";
import { State } from "./upload.js";

export class Progress {
  constructor(words, upload, { onChoose, onProceed }) {
    Object.assign(this, { words, upload, onChoose, onProceed });
    this.bar = element("progress", { max: 1, "aria-label": words.say("uploader.sending") });
    this.note = element("p", { className: "note" });
    this.more = element("div", { className: "actions" });
    this.element = element("div", {}, this.bar, this.note, this.more);
    this.showState();
  }

  showState() {
    const { words, upload } = this;
    const isRefused = upload.state === State.REFUSED;
    this.bar.hidden = isRefused || upload.state === State.FAILED;
    this.more.replaceChildren(...this.#actions());
    this.note.classList.toggle("asking", upload.state === State.LOST);
    if (upload.state === State.FAILED) this.more.prepend(problemNotice(words, upload.problem));
    this.show();
  }

  show() {
    const { upload, bar, note } = this;
    bar.value = upload.size ? upload.sent / upload.size : 0;
    note.textContent = this.#note();
    note.hidden = !note.textContent;
  }

  #note() {
    const { words, upload } = this;
    const sent = { sent: words.size(upload.sent), total: words.size(upload.size) };
    switch (upload.state) {
      case State.WAITING:
        return words.say("uploader.waiting");
      case State.PAUSED:
        return words.say("uploader.paused", sent);
      case State.LOST:
        return words.say("uploader.lost", sent);
      case State.SENDING:
        return upload.isRetrying ? words.say("uploader.retrying") : this.#speed(sent);
      default:
        return "";
    }
  }

  #speed(sent) {
    const { words, upload } = this;
    const { bytesPerSecond: speed, secondsLeft: left } = upload;
    const parts = [words.say("uploader.sent", sent)];
    if (speed) {
      parts.push(words.say("uploader.speed", { size: words.size(speed) }));
      parts.push(words.say("uploader.left", { time: words.duration(left) }));
    }
    return parts.join(" · ");
  }

  #actions() {
    const { words, upload } = this;
    switch (upload.state) {
      case State.SENDING:
        return [textButton(words.say("uploader.pause"), () => upload.pause())];
      case State.PAUSED:
        return [textButton(words.say("uploader.go_on"), this.onProceed)];
      case State.FAILED:
        return [textButton(words.say("uploader.retry"), this.onProceed)];
      case State.LOST:
        return [textButton(words.say("uploader.choose_again"), this.onChoose)];
      case State.REFUSED:
        return [this.#tooLarge()];
      default:
        return [];
    }
  }

  #tooLarge() {
    const size = this.words.size(this.upload.problem.limitBytes);
    const title = this.words.say("uploader.too_large", { size });
    return failureNotice(title, this.words.say("problem.too_large.next"));
  }
}
