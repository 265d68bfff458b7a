// A job at its own address: its progress while it runs, then its transcript.

import { hrefOf, link } from "../common/address.js";
import { element } from "../common/elements.js";
import { failureNotice } from "../common/notices.js";
import { Translator } from "../common/translator.js";
import { Backend, retryWhileUnavailable, sleep } from "./backend.js";
import { CorrectionStore } from "./correction_store.js";
import { dismissibleNotice } from "./dismissible_notice.js";
import { notifyOfEnd } from "./done_notification.js";
import { clearHighlights } from "./highlights.js";
import { JobActions } from "./job_actions.js";
import { subscribeToJob } from "./job_events.js";
import { JobHeader, nameOf } from "./job_header.js";
import { Segments } from "./segments.js";
import { StatusPanel, isPunctuated } from "./status_panel.js";
import { TabTitle } from "./tab_title.js";
import { TranscriptView } from "./transcript_view.js";

const QUEUE_POLL_MS = 3000;
const PUNCTUATION_POLL_MS = 5000;

/** Chunks from the beginning after each of which the detected language is asked for. */
const LANGUAGE_CHUNKS = 8;

const FINAL = new Set(["completed", "failed", "cancelled"]);

/** Origins of a change that the backend knows already. */
const SAVED_ORIGINS = new Set(["saved", "loaded", "shown", "tab"]);

const readers = new WeakMap();

/** Show the job `data.jobId`; Streamlit calls it again each time it draws the page. */
export default function showReader({ data, parentElement }) {
  const frame = parentElement.querySelector(".reader");
  const key = `${data.jobId} ${data.language}`;
  let reader = readers.get(frame);
  if (reader?.key !== key) {
    reader?.close();
    reader = new Reader({ frame, data, key });
    readers.set(frame, reader);
    reader.load();
  }
  return () => {
    readers.get(frame)?.close();
    readers.delete(frame);
  };
}

class Reader {
  #closed = new AbortController();
  #subscription = null;
  #view = null;

  constructor({ frame, data, key }) {
    Object.assign(this, { frame, data, key });
    this.t = new Translator(data.language, data.labels);
    this.backend = new Backend(data.jobId);
    this.segments = new Segments();
    this.tabs = new BroadcastChannel(`transcription:${data.jobId}`);
    this.corrections = new CorrectionStore({
      jobId: data.jobId,
      save: (index, correction) => this.backend.correct(index, correction),
      onSaved: (segment) => this.#onSaved(segment),
    });
    this.statusPanel = new StatusPanel({
      t: this.t,
      onStop: () => this.#run(this.backend.cancel),
      onResume: () => this.#run(this.backend.resume),
      onRepeat: (options) => this.actions.repeat(options),
      onProgress: (text) => this.tabTitle.show(nameOf(this.job), text.split(" · ")[0]),
    });
    this.actions = new JobActions({
      t: this.t,
      data,
      parent: frame,
      backend: this.backend,
      corrections: this.corrections,
      currentTime: () => this.#view.player.currentTime,
      onDescribed: (changes) => this.#showDescription(changes),
      onCancel: () => FINAL.has(this.job.status) || this.backend.cancel(),
      onMessage: (text) => this.#view.toolbar.showMessage(text),
      onError: (error) => this.#showError(error),
    });
    this.header = new JobHeader({
      t: this.t,
      maxTitleChars: data.maxTitleChars,
      onRename: (title) => this.actions.describe({ title }),
      actions: this.actions.menu,
      signal: this.#closed.signal,
    });
    this.tabTitle = new TabTitle();
    this.notices = element("div", { className: "notices" });
    const loading = this.t.text("reader.loading");
    this.body = element("div", {}, element("p", { className: "loading", textContent: loading }));
    frame.replaceChildren(this.statusPanel.unavailable, this.notices, this.body);
    this.#listen();
  }

  async load() {
    const { signal } = this.#closed;
    this.#subscription?.abort();
    const onUnavailable = (isUnavailable) => this.statusPanel.showUnavailable(isUnavailable);
    try {
      const job = await retryWhileUnavailable(this.backend.job, { signal, onUnavailable });
      if (!signal.aborted) this.#show(job);
    } catch (error) {
      if (!signal.aborted) this.#showLoadError(error);
    }
  }

  close() {
    this.corrections.flush();
    this.#closed.abort();
    this.tabs.close();
    this.statusPanel.close();
    this.tabTitle.close();
    this.#view?.close();
    clearHighlights();
    this.frame.replaceChildren();
  }

  #listen() {
    const { signal } = this.#closed;
    this.segments.addEventListener("changed", ({ detail: { position, field, origin } }) => {
      if (SAVED_ORIGINS.has(origin)) return;
      const segment = this.segments.at(position);
      this.corrections.add(segment.index, field, segment[field]);
    });
    this.corrections.addEventListener("state", () => {
      if (this.corrections.state === "refused") this.#showError(this.corrections.error);
    });
    this.tabs.addEventListener("message", ({ data }) => this.#onTabMessage(data));
    addEventListener("pagehide", () => this.corrections.flush(), { signal });
    addEventListener("online", () => this.corrections.flush(), { signal });
  }

  #show(job) {
    const isOver = FINAL.has(job.status);
    const hasEnded = isOver && this.job && !FINAL.has(this.job.status);
    if (hasEnded) notifyOfEnd(this.t.text(`running.ended.${job.status}`), nameOf(job));
    this.job = job;
    this.#view ??= this.#newView(job);
    this.#view.transcript.setLanguage(job.result?.language);
    this.segments.load(job.result?.segments ?? []);
    this.#showState();
    this.#view.show(job, { isOver });
    if (isOver) this.#saveUnsaved();
    else this.#subscribe();
    if (isPunctuated(job)) this.#waitForPunctuation();
  }

  #newView(job) {
    const { t, backend, segments, corrections, statusPanel, data } = this;
    const view = new TranscriptView({
      t, backend, segments, corrections, statusPanel,
      header: this.header,
      formats: data.formats,
      maxSegmentChars: data.maxSegmentChars,
      maxSpeakerChars: data.maxSpeakerChars,
      maxNoteChars: data.maxNoteChars,
      durationS: job.file.duration_s,
      root: this.frame.getRootNode(),
      onName: (speaker, name) => this.#nameSpeaker(speaker, name),
      onRemember: (speaker, name) => this.#rememberVoice(speaker, name),
      onWrite: (options, { usesGlossary }) => this.#writeText(options, usesGlossary),
      onDelete: (job) => this.actions.dialogs.delete(job),
      onNote: () => this.tabs.postMessage({}),
      onBorder: (...change) => this.#changeBorder(...change),
      onError: (error) => this.#showError(error),
      signal: this.#closed.signal,
    });
    this.body.replaceChildren(view.element);
    return view;
  }

  #showLoadError(error) {
    const { t } = this;
    if (error.status !== 404) {
      if (!this.#view) this.body.replaceChildren();
      this.#showError(error);
      return;
    }
    this.corrections.deleteUnsaved();
    this.#view?.pause();
    const key = "problem.job_not_found";
    const back = link(hrefOf({ view: "history" }));
    back.textContent = t.text("reader.to_history");
    this.body.replaceChildren(failureNotice(t.text(key), t.text(`${key}.next`)), back);
  }

  #onSaved(segment) {
    this.segments.confirm(segment);
    this.tabs.postMessage({ segment });
  }

  /** Apply what another tab with the same job did: it saved a segment, or changed the job. */
  #onTabMessage({ segment }) {
    const position = segment ? this.segments.positionOf(segment.index) : -1;
    if (!segment) {
      this.load();
    } else if (position >= 0) {
      const values = { text: segment.text.trim(), speaker: segment.speaker ?? null };
      for (const [field, value] of Object.entries(values)) {
        if (this.corrections.isPending(segment.index, field)) continue;
        this.segments.set(position, field, value, "tab");
      }
      this.segments.confirm(segment);
    }
  }

  #subscribe() {
    this.#subscription = new AbortController();
    const signal = AbortSignal.any([this.#subscription.signal, this.#closed.signal]);
    subscribeToJob(this.backend.eventsUrl, {
      signal,
      onProgress: (progress) => {
        if (progress.stage) this.job.status = "running";
        const hasNewChunk = progress.chunks_done !== this.job.progress.chunks_done;
        this.job.progress = progress;
        this.#view.showWaveform(this.job);
        this.#showState();
        if (!hasNewChunk) return;
        this.#showReport(signal);
        if (progress.chunks_done <= LANGUAGE_CHUNKS) this.#showDetectedLanguage(signal);
      },
      onSegment: (segment) => this.segments.add(segment),
      onUnavailable: (isUnavailable) => this.statusPanel.showUnavailable(isUnavailable),
      onEnd: () => this.load(),
    });
    this.#pollQueue(signal);
  }

  /** Show the text again once it has its marks, which no event tells. */
  async #waitForPunctuation() {
    this.#subscription = new AbortController();
    const signal = AbortSignal.any([this.#subscription.signal, this.#closed.signal]);
    for (let job = this.job; !job || isPunctuated(job);) {
      await sleep(PUNCTUATION_POLL_MS, signal);
      if (signal.aborted) return;
      job = await this.backend.state().catch(() => null);
    }
    await this.corrections.flush().catch(() => null);
    if (!signal.aborted) await this.load();
  }

  #showState() {
    this.statusPanel.show(this.job);
    if (FINAL.has(this.job.status)) this.tabTitle.show(nameOf(this.job), "");
  }

  /** Show the account of speech so far, which no event has. */
  async #showReport(signal) {
    const report = await this.backend.report().catch(() => null);
    if (report && !signal.aborted) this.#view.speechReport.show(report.items);
  }

  /** Show early that the language is another one; later the text is too long to load each time. */
  async #showDetectedLanguage(signal) {
    const job = await this.backend.job().catch(() => null);
    if (!job || signal.aborted) return;
    this.job.detected_language = job.detected_language;
    this.#showState();
  }

  /** Poll the place in the queue, which no event has. */
  async #pollQueue(signal) {
    while (this.job.status === "queued" && !signal.aborted) {
      await sleep(QUEUE_POLL_MS, signal);
      const job = await this.backend.job().catch(() => null);
      if (!job || signal.aborted || FINAL.has(job.status) || this.job.status !== "queued") continue;
      Object.assign(this.job, { status: job.status, queue_position: job.queue_position });
      this.#showState();
    }
  }

  /** Cancel or resume the job, and show it again in every tab. */
  async #run(action) {
    try {
      await this.corrections.flush();
      this.job = { ...this.job, ...(await action()) };
      this.tabs.postMessage({});
      await this.load();
    } catch (error) {
      this.#showError(error);
    }
  }

  /** Show the title, the tags and the folder in every tab; null: as they were. */
  #showDescription(changes) {
    if (changes) {
      Object.assign(this.job, changes);
      this.tabs.postMessage({});
    }
    this.header.show(this.job);
    this.#showState();
  }

  /** Change a border in the backend; other tabs load the segments again. */
  async #changeBorder(index, action, point) {
    const changed = await this.backend.changeBorder(index, action, point);
    this.tabs.postMessage({});
    return changed;
  }

  /** Name, merge or separate a speaker; all of its phrases may change. Return whether it worked. */
  async #nameSpeaker(speaker, name) {
    try {
      await this.corrections.flush();
      await this.backend.nameSpeaker(speaker, name);
      this.tabs.postMessage({});
      await this.load();
      return true;
    } catch (error) {
      this.#showError(error);
      return false;
    }
  }

  /** Name a speaker, and store a voice print of it; that takes seconds. */
  async #rememberVoice(speaker, name) {
    const { t } = this;
    if (!(await this.#nameSpeaker(speaker, name))) return;
    try {
      this.#view.toolbar.showMessage(t.text("speaker.remembering", { name }));
      await this.backend.rememberVoice(speaker);
      this.#view.toolbar.showMessage(t.text("speaker.remembered", { name }));
    } catch (error) {
      this.#view.toolbar.showMessage("");
      this.#showError(error);
    }
  }

  /** Rewrite the text without transcribing; corrections stay. */
  async #writeText(options, usesGlossary) {
    try {
      await this.corrections.flush();
      const glossary = usesGlossary ? await this.backend.glossary() : null;
      await this.backend.writeText({ ...options, glossary });
      this.tabs.postMessage({});
      await this.load();
    } catch (error) {
      this.#showError(error);
    }
  }

  /** Save the corrections that an earlier visit could not. */
  #saveUnsaved() {
    for (const [index, field, value] of this.corrections.unsaved()) {
      const position = this.segments.positionOf(index);
      if (position >= 0) this.segments.set(position, field, value, "unsaved");
    }
    this.corrections.flush();
  }

  #showError(error) {
    if (error.status === undefined) console.error(error);
    const notice = dismissibleNotice({ t: this.t, error, onClose: () => notice.remove() });
    this.notices.replaceChildren(notice);
  }
}
