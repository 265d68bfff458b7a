// How a job is: what it is doing and how long it will take, or how it ended.

import { element, textButton, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { kindOf } from "../common/problems.js";

export class Status {
  #kind = null;

  constructor(words, { onStop, onResume }) {
    Object.assign(this, { words, onStop, onResume });
    this.root = element("section", { className: "status", "aria-label": words.say("running.label") });
    this.away = element("p", { className: "notice", role: "status", hidden: true });
  }

  showAway(isAway) {
    this.away.textContent = isAway ? this.words.say("running.connection_lost") : "";
    this.away.hidden = !isAway;
  }

  show(job) {
    const isOver = job.status !== "queued" && job.status !== "running";
    if (this.#kind !== job.status) {
      this.#kind = job.status;
      this.root.replaceChildren(...(isOver ? this.#ended(job) : this.#going()));
    }
    if (!isOver) this.#showProgress(job);
    this.root.hidden = this.root.childElementCount === 0;
  }

  #going() {
    const { words } = this;
    this.stage = element("b", { role: "status" });
    this.left = element("span");
    this.bar = element("progress", { max: 1, "aria-label": words.say("running.label") });
    this.stop = textButton(words.say("running.stop"), () => this.#once(this.stop, this.onStop));
    this.stop.title = words.say("running.stop.help");
    const line = element("div", { className: "line" }, this.stage, this.left, this.stop);
    const note = element("small", { textContent: words.say("running.may_leave") });
    return [line, this.bar, note];
  }

  #showProgress({ status, progress, queue_position: place }) {
    const { words } = this;
    const { stage, processed_s, total_s, eta_s } = progress;
    const isTranscribing = status === "running" && stage === "transcribing" && total_s > 0;
    const share = isTranscribing ? processed_s / total_s : 0;
    const text = status === "queued" ? words.say("running.queued") : this.#stageInWords(stage);
    if (this.stage.textContent !== text) this.stage.textContent = text;
    const parts = [];
    if (status === "queued" && place) parts.push(words.say("running.queue_position", { count: place }));
    if (isTranscribing) parts.push(words.percent(share));
    if (isTranscribing && eta_s !== null) parts.push(words.timeLeft(eta_s));
    this.left.textContent = parts.join(" · ");
    this.bar.value = share;
  }

  #stageInWords(stage) {
    return this.words.say(stage ? `stage.${stage}` : "running.starting");
  }

  #ended(job) {
    const { words } = this;
    const shown = job.warnings.map((name) => this.#notice(words.say(`warning.${name}`)));
    if (job.status === "failed") {
      const { type = "", request_id: requestId } = job.error ?? {};
      shown.push(problemNotice(words, { kind: kindOf(type), requestId }));
    }
    if (job.status === "cancelled") shown.push(this.#stopped());
    else if (!job.result?.text.trim()) {
      if (job.status === "completed") {
        shown.push(this.#notice(words.say("result.no_speech"), words.say("result.no_speech.next")));
      }
    } else if (job.status === "failed") {
      shown.push(element("p", { textContent: words.say("result.so_far") }));
    }
    return shown;
  }

  #stopped() {
    const { words } = this;
    const resume = textButton(
      words.say("running.resume"),
      () => this.#once(resume, this.onResume),
      { className: "primary" },
    );
    const notice = this.#notice(words.say("result.cancelled"), words.say("result.cancelled.next"));
    notice.append(resume);
    return notice;
  }

  #notice(title, advice = "") {
    const parts = [textElement("b", title), textElement("p", advice)];
    return element("div", { className: "notice" }, ...parts);
  }

  /** A button that waits for its answer cannot be pressed twice. */
  async #once(button, action) {
    button.disabled = true;
    await action();
    button.disabled = false;
  }
}
