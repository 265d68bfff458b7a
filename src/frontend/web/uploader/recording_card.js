// A recording that has arrived: what is in it, how it looks and sounds, when its text would
// be there.

import { element, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { parseProblem } from "../common/problems.js";
import { AudioPreview } from "./audio_preview.js";

const LOUDNESS = [
  [-45, "very_quiet"],
  [-33, "quiet"],
  [-13, "normal"],
  [Infinity, "loud"],
];
const SILENCE_DBFS = -60;
const CLIPPED_DBFS = -0.1;

export class RecordingCard {
  #asked = null;
  #asking = null;
  #seconds; // of work; null when that cannot be told yet

  /**
   * `isOpen`: whether its sound is shown at once; `onProblem` is told of what keeps the
   * recording from being transcribed, or null.
   */
  constructor(t, upload, { isOpen, onProblem }) {
    Object.assign(this, { t, upload, onProblem });
    this.facts = element("p", { className: "note" });
    this.loudness = element("p", { className: "note" });
    this.estimate = element("p", { className: "estimate" });
    this.sound = new AudioPreview(t, `/backend/v1/uploads/${upload.id}/excerpt`);
    const summary = textElement("summary", t.text("uploader.preview"));
    this.details = element("details", { open: isOpen }, summary, this.sound.element);
    this.trouble = element("div");
    const parts = [this.facts, this.loudness, this.details, this.estimate, this.trouble];
    this.element = element("div", { className: "card" }, ...parts);
    this.facts.textContent = t.text("uploader.analyzing");
    this.details.hidden = true;
  }

  /** `normalization`: the options of it, as a query. */
  async show(normalization) {
    if (normalization === this.#asked) return;
    this.#asked = normalization;
    this.#asking?.abort();
    this.#asking = new AbortController();
    this.element.setAttribute("aria-busy", "true");
    try {
      const address = `/backend/v1/uploads/${this.upload.id}/recording?${normalization}`;
      const answer = await fetch(address, { signal: this.#asking.signal });
      if (!answer.ok) this.#showProblem(parseProblem(answer.status, await answer.text()));
      else this.#showPreview(await answer.json(), normalization);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#showProblem(parseProblem(0));
    }
    this.element.removeAttribute("aria-busy");
  }

  /** `waitS`: seconds that the recordings before it take. Returns that of the next one. */
  showEstimate(waitS) {
    const isKnown = this.#seconds !== undefined;
    this.estimate.textContent = isKnown ? this.#estimate(waitS) : "";
    return waitS + (this.#seconds ?? 0);
  }

  close() {
    this.#asking?.abort();
    this.sound.close();
  }

  #showProblem(problem) {
    const { t } = this;
    this.facts.textContent = "";
    this.details.hidden = true;
    this.trouble.replaceChildren(problemNotice(t, problem));
    this.#seconds = undefined;
    this.#asked = problem.isFinal ? this.#asked : null;
    this.onProblem(problem.isFinal ? problem : null);
  }

  #showPreview(preview, normalization) {
    const { t } = this;
    this.trouble.replaceChildren();
    this.facts.textContent = this.#facts(preview).join(" · ");
    this.loudness.textContent = this.#loudness(preview);
    this.details.hidden = false;
    this.sound.show(preview, normalization);
    this.#seconds = preview.estimate_s;
    this.onProblem(null);
  }

  #facts({ duration_s: duration, codec, channels, sample_rate: rate, size_bytes: size }) {
    const { t } = this;
    const known = { 1: "mono", 2: "stereo" }[channels];
    return [
      t.duration(duration),
      codec.replace(/^pcm_.*/, "PCM").replace(/float$/, "").toUpperCase(),
      known ? t.text(`uploader.${known}`) : t.text("uploader.channels", { count: channels }),
      t.text("uploader.sample_rate", { rate: t.number(rate / 1000, 1) }),
      t.size(size),
    ];
  }

  #loudness({ loudness_lufs: loudness, peak_dbfs: peak }) {
    const { t } = this;
    // sounds too short to be measured have no loudness either
    if (loudness === null) return peak > SILENCE_DBFS ? "" : t.text("uploader.loudness.silent");
    const [, level] = LOUDNESS.find(([limit]) => loudness <= limit);
    const lufs = t.number(loudness, 0).replace("-", "−");
    const said = t.text(`uploader.loudness.${level}`, { lufs });
    return peak > CLIPPED_DBFS ? `${said} ${t.text("uploader.clipped")}` : said;
  }

  #estimate(waitS) {
    if (this.#seconds === null) return this.t.text("uploader.no_estimate");
    const seconds = waitS + this.#seconds;
    const moment = new Date(Date.now() + seconds * 1000);
    const [soon, time] = [this.t.fromNow(seconds), this.t.timeOfDay(moment)];
    return this.t.text("uploader.estimate", { soon, time });
  }
}
