// A recording that has arrived: what is in it, how it looks and sounds, when its text would
// be there.

import { element, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { problemOf } from "../common/problems.js";
import { Sound } from "./sound.js";

const LOUDNESS = [
  [-45, "very_quiet"],
  [-33, "quiet"],
  [-13, "normal"],
  [Infinity, "loud"],
];
const SILENCE_DBFS = -60;
const CLIPPED_DBFS = -0.1;

export class Card {
  #asked = null;
  #asking = null;
  #seconds; // of work; null when that cannot be told yet

  /**
   * `isOpen`: whether its sound is shown at once; `onProblem` is told of what keeps the
   * recording from being transcribed, or null.
   */
  constructor(words, upload, { isOpen, onProblem }) {
    Object.assign(this, { words, upload, onProblem });
    this.facts = element("p", { className: "note" });
    this.loudness = element("p", { className: "note" });
    this.estimate = element("p", { className: "estimate" });
    this.sound = new Sound(words, `/backend/v1/uploads/${upload.id}/excerpt`);
    const summary = textElement("summary", words.say("uploader.look_and_listen"));
    this.details = element("details", { open: isOpen }, summary, this.sound.element);
    this.trouble = element("div");
    const parts = [this.facts, this.loudness, this.details, this.estimate, this.trouble];
    this.element = element("div", { className: "card" }, ...parts);
    this.facts.textContent = words.say("uploader.looking");
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
      if (!answer.ok) this.#showProblem(problemOf(answer.status, await answer.text()));
      else this.#showPreview(await answer.json(), normalization);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#showProblem(problemOf(0));
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
    const { words } = this;
    this.facts.textContent = "";
    this.details.hidden = true;
    this.trouble.replaceChildren(problemNotice(words, problem));
    this.#seconds = undefined;
    this.#asked = problem.isFinal ? this.#asked : null;
    this.onProblem(problem.isFinal ? problem : null);
  }

  #showPreview(preview, normalization) {
    const { words } = this;
    this.trouble.replaceChildren();
    this.facts.textContent = this.#facts(preview).join(" · ");
    this.loudness.textContent = this.#loudness(preview);
    this.details.hidden = false;
    this.sound.show(preview, normalization);
    this.#seconds = preview.estimate_s;
    this.onProblem(null);
  }

  #facts({ duration_s: duration, codec, channels, sample_rate: rate, size_bytes: size }) {
    const { words } = this;
    const known = { 1: "mono", 2: "stereo" }[channels];
    return [
      words.duration(duration),
      codec.replace(/^pcm_.*/, "PCM").replace(/float$/, "").toUpperCase(),
      known ? words.say(`uploader.${known}`) : words.say("uploader.channels", { count: channels }),
      words.say("uploader.sample_rate", { rate: words.number(rate / 1000, 1) }),
      words.size(size),
    ];
  }

  #loudness({ loudness_lufs: loudness, peak_dbfs: peak }) {
    const { words } = this;
    // sounds too short to be measured have no loudness either
    if (loudness === null) return peak > SILENCE_DBFS ? "" : words.say("uploader.loudness.silent");
    const [, level] = LOUDNESS.find(([limit]) => loudness <= limit);
    const lufs = words.number(loudness, 0).replace("-", "−");
    const said = words.say(`uploader.loudness.${level}`, { lufs });
    return peak > CLIPPED_DBFS ? `${said} ${words.say("uploader.clipped")}` : said;
  }

  #estimate(waitS) {
    if (this.#seconds === null) return this.words.say("uploader.no_estimate");
    const seconds = waitS + this.#seconds;
    const moment = new Date(Date.now() + seconds * 1000);
    const [soon, time] = [this.words.fromNow(seconds), this.words.timeOfDay(moment)];
    return this.words.say("uploader.estimate", { soon, time });
  }
}
