// A recording that has arrived: its format, its loudness, its sound and the estimated wait.

import { element, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { parseProblem } from "../common/problems.js";
import { AudioPreview } from "./audio_preview.js";

/** Upper limits in LUFS, each with the end of its text's key. */
const LOUDNESS = [
  [-45, "very_quiet"],
  [-33, "quiet"],
  [-13, "normal"],
  [Infinity, "loud"],
];
const SILENCE_DBFS = -60;
const CLIPPED_DBFS = -0.1;

export class RecordingCard {
  #normalization = null;
  #request = null;
  #estimateS; // undefined before the preview is there, null when the backend cannot estimate it

  /** `onProblem(problem)`: a final one, or null for none. */
  constructor({ t, uploadId, onProblem }) {
    Object.assign(this, { t, onProblem });
    this.url = `/backend/v1/uploads/${uploadId}`;
    this.facts = element("p", { className: "note" });
    this.loudness = element("p", { className: "note" });
    this.analyzed = element("p", { className: "note" });
    this.estimate = element("p", { className: "estimate" });
    this.preview = new AudioPreview({ t, excerptUrl: `${this.url}/excerpt` });
    const summary = textElement("summary", t.text("uploader.preview"));
    this.details = element("details", {}, summary, this.preview.element);
    this.problem = element("div");
    const notes = [this.facts, this.loudness, this.analyzed];
    const parts = [...notes, this.details, this.estimate, this.problem];
    this.element = element("div", { className: "card" }, ...parts);
    this.facts.textContent = t.text("uploader.analyzing");
    this.details.hidden = true;
  }

  /** Load the preview unless it is there. `normalization`: its options as a query. */
  async load(normalization) {
    if (normalization === this.#normalization) return;
    this.#normalization = normalization;
    this.#request?.abort();
    this.#request = new AbortController();
    this.element.setAttribute("aria-busy", "true");
    try {
      const { signal } = this.#request;
      const response = await fetch(`${this.url}/recording?${normalization}`, { signal });
      if (response.ok) this.#showPreview(await response.json(), normalization);
      else this.#showProblem(parseProblem(response.status, await response.text()));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#showProblem(parseProblem(0));
    }
    this.element.removeAttribute("aria-busy");
  }

  /** Show when the text will be ready; takes and returns the wait before a recording, in s. */
  showEstimate(waitS) {
    const { t } = this;
    const isKnown = this.#estimateS !== undefined;
    this.estimate.textContent = isKnown ? estimateText(t, this.#estimateS, waitS) : "";
    return waitS + (this.#estimateS ?? 0);
  }

  close() {
    this.#request?.abort();
    this.preview.close();
  }

  #showProblem(problem) {
    this.facts.textContent = "";
    this.details.hidden = true;
    this.problem.replaceChildren(problemNotice(this.t, problem));
    this.#estimateS = undefined;
    this.#normalization = problem.isFinal ? this.#normalization : null;
    this.onProblem(problem.isFinal ? problem : null);
  }

  #showPreview(preview, normalization) {
    this.problem.replaceChildren();
    this.facts.textContent = factsText(this.t, preview);
    this.loudness.textContent = loudnessText(this.t, preview);
    this.analyzed.textContent = analyzedText(this.t, preview);
    this.details.hidden = false;
    this.preview.show(preview, normalization);
    this.#estimateS = preview.estimate_s;
    this.onProblem(null);
  }
}

export function factsText(t, recording) {
  const { duration_s: duration, codec, channels, sample_rate: rate, size_bytes: size } = recording;
  const layout = { 1: "mono", 2: "stereo" }[channels];
  return [
    t.duration(duration),
    codec.replace(/^pcm_.*/, "PCM").replace(/float$/, "").toUpperCase(),
    layout ? t.text(`uploader.${layout}`) : t.text("uploader.channels", { count: channels }),
    t.text("uploader.sample_rate", { rate: t.number(rate / 1000, 1) }),
    t.size(size),
  ].join(" · ");
}

export function loudnessText(t, { loudness_lufs: loudness, peak_dbfs: peak }) {
  // sounds too short to measure have no loudness either
  if (loudness === null) return peak > SILENCE_DBFS ? "" : t.text("uploader.loudness.silent");
  const [, level] = LOUDNESS.find(([limit]) => loudness <= limit);
  const lufs = t.number(loudness, 0).replace("-", "−");
  const text = t.text(`uploader.loudness.${level}`, { lufs });
  return peak > CLIPPED_DBFS ? `${text} ${t.text("uploader.clipped")}` : text;
}

/** Return a sentence if only the beginning was analyzed. */
export function analyzedText(t, { analyzed_s: analyzed }) {
  return analyzed ? t.text("uploader.analyzed", { duration: t.duration(analyzed) }) : "";
}

export function estimateText(t, estimateS, waitS, now = Date.now()) {
  if (estimateS === null) return t.text("uploader.no_estimate");
  const seconds = waitS + estimateS;
  const time = t.timeOfDay(new Date(now + seconds * 1000));
  return t.text("uploader.estimate", { soon: t.fromNow(seconds), time });
}
