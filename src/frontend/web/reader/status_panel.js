// How a job is: what it is doing and how long it will take, or how it ended.

import { element, textButton, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { problemKind } from "../common/problems.js";

export class StatusPanel {
  #kind = null;

  constructor(t, { onStop, onResume }) {
    Object.assign(this, { t, onStop, onResume });
    this.root = element("section", { className: "status", "aria-label": t.text("running.label") });
    this.away = element("p", { className: "notice", role: "status", hidden: true });
  }

  showUnavailable(isUnavailable) {
    this.away.textContent = isUnavailable ? this.t.text("running.connection_lost") : "";
    this.away.hidden = !isUnavailable;
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
    const { t } = this;
    this.stage = element("b", { role: "status" });
    this.left = element("span");
    this.bar = element("progress", { max: 1, "aria-label": t.text("running.label") });
    this.stop = textButton(t.text("running.stop"), () => this.#once(this.stop, this.onStop));
    this.stop.title = t.text("running.stop.help");
    const line = element("div", { className: "line" }, this.stage, this.left, this.stop);
    const note = element("small", { textContent: t.text("running.may_leave") });
    return [line, this.bar, note];
  }

  #showProgress({ status, progress, queue_position: place }) {
    const { t } = this;
    const { stage, processed_s, total_s, eta_s } = progress;
    const isTranscribing = status === "running" && stage === "transcribing" && total_s > 0;
    const share = isTranscribing ? processed_s / total_s : 0;
    const text = status === "queued" ? t.text("running.queued") : this.#stageInWords(stage);
    if (this.stage.textContent !== text) this.stage.textContent = text;
    const parts = [];
    if (status === "queued" && place) parts.push(t.text("running.queue_position", { count: place }));
    if (isTranscribing) parts.push(t.percent(share));
    if (isTranscribing && eta_s !== null) parts.push(t.timeLeft(eta_s));
    this.left.textContent = parts.join(" · ");
    this.bar.value = share;
  }

  #stageInWords(stage) {
    return this.t.text(stage ? `stage.${stage}` : "running.starting");
  }

  #ended(job) {
    const { t } = this;
    const shown = job.warnings.map((name) => this.#notice(t.text(`warning.${name}`)));
    if (job.status === "failed") {
      const { type = "", request_id: requestId } = job.error ?? {};
      shown.push(problemNotice(t, { kind: problemKind(type), requestId }));
    }
    if (job.status === "cancelled") shown.push(this.#stopped());
    else if (!job.result?.text.trim()) {
      if (job.status === "completed") {
        shown.push(this.#notice(t.text("result.no_speech"), t.text("result.no_speech.next")));
      }
    } else if (job.status === "failed") {
      shown.push(element("p", { textContent: t.text("result.partial") }));
    }
    return shown;
  }

  #stopped() {
    const { t } = this;
    const resume = textButton(
      t.text("running.resume"),
      () => this.#once(resume, this.onResume),
      { className: "primary" },
    );
    const notice = this.#notice(t.text("result.cancelled"), t.text("result.cancelled.next"));
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
