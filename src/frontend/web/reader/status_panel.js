// The state of a job: its progress while it runs, then how it ended.

import { element, textButton, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { problemKind } from "../common/problems.js";
import { warningValues } from "./audio_tracks.js";
import { canNotify, notificationChoice } from "./done_notification.js";
import { ProgressEstimate } from "./progress_estimate.js";

const TICK_MS = 500;

export class StatusPanel {
  #shown = null;
  #estimate = null;
  #ticks = null;

  /** `onProgress(text)`: each time the share done, the place in the queue or the wait changes. */
  constructor({ t, onStop, onResume, onRepeat, onProgress }) {
    Object.assign(this, { t, onStop, onResume, onRepeat, onProgress });
    this.root = element("section", { className: "status", "aria-label": t.text("running.label") });
    this.unavailable = element("p", { className: "notice", role: "status", hidden: true });
  }

  showUnavailable(isUnavailable) {
    this.unavailable.textContent = isUnavailable ? this.t.text("running.connection_lost") : "";
    this.unavailable.hidden = !isUnavailable;
  }

  show(job) {
    const isRunning = job.status === "queued" || job.status === "running";
    const shown = `${job.status} ${soundsDifferent(job)} ${isPunctuated(job)} ${job.warnings}`;
    if (this.#shown !== shown) {
      this.#shown = shown;
      const parts = isRunning ? this.#buildProgress() : this.#buildOutcome(job);
      if (soundsDifferent(job)) parts.push(this.#languageNotice(job));
      this.root.replaceChildren(...parts);
    }
    clearInterval(this.#ticks);
    if (isRunning) this.#showProgress(job);
    else this.#estimate = null;
    this.root.hidden = this.root.childElementCount === 0;
  }

  close() {
    clearInterval(this.#ticks);
  }

  #buildProgress() {
    const { t } = this;
    this.stage = element("b", { role: "status" });
    this.left = element("span");
    this.bar = element("progress", { max: 1, "aria-label": t.text("running.label") });
    const stop = this.#actionButton("running.stop", this.onStop);
    stop.title = t.text("running.stop.help");
    const line = element("div", { className: "line" }, this.stage, this.left, stop);
    const mayLeave = element("small", { textContent: t.text("running.may_leave") });
    const notify = canNotify() ? [notificationChoice(t)] : [];
    return [line, this.bar, element("div", { className: "leave" }, mayLeave, ...notify)];
  }

  #showProgress(job) {
    const stage = stageText(this.t, job);
    // the same text again would be announced again
    if (this.stage.textContent !== stage) this.stage.textContent = stage;
    const reported = transcribedShare(job);
    if (reported === null) this.#estimate = null;
    else (this.#estimate ??= new ProgressEstimate()).report(reported, etaOf(job));
    this.#moveBar(job);
    if (reported !== null) this.#ticks = setInterval(() => this.#moveBar(job), TICK_MS);
  }

  #moveBar(job) {
    const share = this.#estimate?.share() ?? null;
    const text = progressText(this.t, job, share);
    this.left.textContent = text;
    this.bar.value = share ?? 0;
    this.onProgress(text);
  }

  #buildOutcome(job) {
    const { t } = this;
    const hasText = Boolean(job.result?.text.trim());
    const values = warningValues(t, job.file);
    const parts = job.warnings.map((name) => this.#notice(t.text(`warning.${name}`, values)));
    if (isPunctuated(job)) {
      const notice = this.#notice(t.text("stage.punctuating"), t.text("result.punctuating.next"));
      notice.setAttribute("role", "status");
      parts.push(notice);
    }
    if (job.status === "failed") {
      const { type = "", request_id: requestId } = job.error ?? {};
      parts.push(problemNotice(t, { kind: problemKind(type), requestId }));
      if (hasText) parts.push(element("p", { textContent: t.text("result.partial") }));
    } else if (job.status === "cancelled") {
      parts.push(this.#cancelledNotice());
    } else if (!hasText) {
      parts.push(this.#notice(t.text("result.no_speech"), t.text("result.no_speech.next")));
    }
    return parts;
  }

  #languageNotice({ options, detected_language: detected }) {
    const { t } = this;
    const values = { detected: t.languageName(detected), chosen: t.languageName(options.language) };
    const notice = this.#notice(
      t.text("result.other_language", values),
      t.text("result.other_language.next", values),
    );
    const again = () => this.onRepeat({ language: detected });
    const button = { className: "primary", values };
    notice.append(this.#actionButton("result.repeat", again, button));
    return notice;
  }

  #cancelledNotice() {
    const { t } = this;
    const notice = this.#notice(t.text("result.cancelled"), t.text("result.cancelled.next"));
    notice.append(this.#actionButton("running.resume", this.onResume, { className: "primary" }));
    return notice;
  }

  #notice(title, advice = "") {
    const parts = [textElement("b", title), textElement("p", advice)];
    return element("div", { className: "notice" }, ...parts);
  }

  /** Return a button that cannot be pressed again while its action runs. */
  #actionButton(key, action, { values, ...options } = {}) {
    const run = async () => {
      button.disabled = true;
      await action();
      button.disabled = false;
    };
    const button = textButton(this.t.text(key, values), run, options);
    return button;
  }
}

/** Whether most of a recording surely sounds like another language than the chosen one. */
export function soundsDifferent({ options, detected_language: detected }) {
  return Boolean(detected) && options.language !== "auto" && detected !== options.language;
}

/** Whether marks and capitals are being added to the text of a completed job. */
export function isPunctuated({ status, progress: { stage } }) {
  return status === "completed" && stage === "punctuating";
}

/** Return the transcribed share of the audio, or null before any is; a resumed job keeps its own. */
function transcribedShare({ status, progress: { stage, processed_s, total_s } }) {
  const isTranscribing = status === "running" && stage === "transcribing";
  return total_s > 0 && (isTranscribing || processed_s > 0) ? processed_s / total_s : null;
}

export function stageText(t, { status, progress: { stage } }) {
  if (status === "queued") return t.text("running.queued");
  return t.text(stage ? `stage.${stage}` : "running.starting");
}

/** Return the place in the queue, or the share done and the remaining time. */
export function progressText(t, job, share = transcribedShare(job)) {
  const { status, queue_position: place } = job;
  const parts = [];
  if (status === "queued" && place) parts.push(t.text("running.queue_position", { count: place }));
  if (share === null) return parts.join("");
  parts.push(t.percent(share));
  const etaS = etaOf(job);
  if (etaS !== null) parts.push(t.timeLeft(etaS));
  return parts.join(" · ");
}

function etaOf({ status, progress }) {
  return status === "running" ? progress.eta_s : null;
}
