// A transcription at its own address: while it runs, and the reader that it becomes.

import { element, iconButton } from "../common/elements.js";
import { Translator } from "../common/translator.js";
import { Backend, pause, retryWhileUnavailable } from "./backend.js";
import { UndoHistory } from "./undo_history.js";
import { SegmentEditor } from "./segment_editor.js";
import { follow } from "./job_events.js";
import { jobFacts } from "./job_facts.js";
import { failureNotice } from "./dismissible_notice.js";
import { FindBar } from "./find_bar.js";
import { PlaybackFollower } from "./playback_follower.js";
import { ShortcutsDialog } from "./shortcuts_dialog.js";
import { listenForShortcuts } from "./shortcuts.js";
import { clearHighlights } from "./highlights.js";
import { Player } from "./player.js";
import { CorrectionStore } from "./correction_store.js";
import { Segments } from "./segments.js";
import { StatusPanel } from "./status_panel.js";
import { ExportMenu } from "./export_menu.js";
import { Toolbar } from "./toolbar.js";
import { Transcript } from "./transcript.js";
import { UnsureBar } from "./unsure_bar.js";

const QUEUE_LOOK_MS = 3000;
const FINAL = new Set(["completed", "failed", "cancelled"]);

const shown = new WeakMap();

/** Show the job of `data.jobId`; called again whenever Streamlit has drawn the page. */
export default function showReader({ data, parentElement }) {
  const frame = parentElement.querySelector(".reader");
  const key = `${data.jobId} ${data.language}`;
  let reader = shown.get(frame);
  if (reader?.key !== key) {
    reader?.close();
    reader = new Reader(frame, data, key);
    shown.set(frame, reader);
    reader.open();
  }
  return () => {
    shown.get(frame)?.close();
    shown.delete(frame);
  };
}

class Reader {
  #life = new AbortController();
  #unfollow = null;

  constructor(frame, data, key) {
    this.key = key;
    this.frame = frame;
    this.t = new Translator(data.language, data.labels);
    this.formats = data.formats;
    this.maxSegmentChars = data.maxSegmentChars;
    this.backend = new Backend(data.jobId);
    this.segments = new Segments();
    this.tabs = new BroadcastChannel(`transcription:${data.jobId}`);
    this.corrections = new CorrectionStore(data.jobId, this.backend.correct.bind(this.backend), (segment) => {
      this.segments.confirm(segment);
      this.tabs.postMessage({ segment });
    });
    const { t } = this;
    this.status = new StatusPanel(t, {
      onStop: () => this.#act(this.backend.cancel),
      onResume: () => this.#act(this.backend.resume),
    });
    this.notices = element("div", { className: "notices" });
    const opening = element("p", { className: "opening", textContent: t.text("reader.loading") });
    this.body = element("div", {}, opening);
    frame.replaceChildren(this.status.away, this.notices, this.body);
  }

  open() {
    this.#load();
  }

  close() {
    this.corrections.flush();
    this.#life.abort();
    this.tabs.close();
    this.player?.close();
    clearHighlights();
    this.frame.replaceChildren();
  }

  get #signal() {
    return this.#life.signal;
  }

  async #load() {
    const signal = this.#signal;
    this.#unfollow?.abort();
    const onUnavailable = (isUnavailable) => this.status.showUnavailable(isUnavailable);
    try {
      const job = await retryWhileUnavailable(this.backend.job, { signal, onUnavailable });
      if (!signal.aborted) this.#show(job);
    } catch (failure) {
      if (!signal.aborted) this.#cannotOpen(failure);
    }
  }

  #cannotOpen(failure) {
    const { t } = this;
    if (failure.status !== 404) {
      if (!this.player) this.body.replaceChildren();
      this.#fail(failure);
      return;
    }
    this.corrections.deleteUnsaved();
    this.player?.pause();
    const title = element("b", { textContent: t.text("problem.job_not_found") });
    const advice = element("p", { textContent: t.text("problem.job_not_found.next") });
    this.body.replaceChildren(element("div", { className: "notice", role: "alert" }, title, advice));
  }

  #show(job) {
    this.job = job;
    if (!this.player) this.#build(job);
    const isOver = FINAL.has(job.status);
    this.segments.take(job.result?.segments ?? []);
    this.title.textContent = job.title ?? job.file.name;
    this.facts.textContent = jobFacts(this.t, job).join(" · ");
    this.made.textContent = job.model ? this.#madeBy(job.model) : "";
    this.status.show(job);
    this.editor.isAllowed = isOver;
    this.toolbar.showReady(isOver && this.segments.length > 0);
    this.hint.hidden = !isOver || this.segments.length === 0;
    this.#showWaveform();
    this.#goToMoment();
    if (isOver) this.#saveWhatWasLeft();
    else this.#follow();
  }

  #madeBy({ name, revision }) {
    return this.t.text("result.model", { model: `${name} (${revision.slice(0, 12)})` });
  }

  #build(job) {
    const { t, segments, corrections, backend, formats } = this;
    const signal = this.#signal;
    this.title = element("h2", { className: "name", dir: "auto" });
    this.facts = element("p", { className: "facts" });
    this.made = element("small", { className: "made" });
    this.player = new Player(t, backend.audioUrl, job.file.duration_s);
    this.transcript = new Transcript(t, segments);
    this.undoHistory = new UndoHistory();
    const parts = { ...this, signal };
    this.playbackFollower = new PlaybackFollower(this.player, segments, this.transcript, { signal });
    this.editor = new SegmentEditor(t, { ...parts, maxChars: this.maxSegmentChars });
    this.findBar = new FindBar(t, { ...parts, editor: this.editor });
    this.unsureBar = new UnsureBar(t, parts);
    this.shortcutsDialog = new ShortcutsDialog(t);
    const showMessage = (text) => this.toolbar.showMessage(text);
    const fail = (failure) => this.#fail(failure);
    const parameters = { backend, formats, corrections, showMessage, fail, signal };
    this.exportMenu = new ExportMenu(t, parameters);
    this.toolbar = new Toolbar(t, this);
    this.body.replaceChildren(...this.#layOut());
    this.#connect();
  }

  #layOut() {
    const panel = element(
      "div",
      { className: "panel" },
      this.player.root,
      this.toolbar.root,
      this.findBar.root,
    );
    const back = iconButton("down", this.t.text("player.follow"), () => this.playbackFollower.resume());
    back.classList.add("to-sound");
    back.hidden = true;
    this.playbackFollower.addEventListener("following", () => (back.hidden = this.playbackFollower.isFollowing));
    this.hint = element("p", { className: "hint", textContent: this.t.text("edit.hint") });
    const head = element("header", {}, this.title, this.facts, this.hint);
    return [head, this.status.root, panel, this.transcript.root, this.made, back, this.shortcutsDialog.root];
  }

  #connect() {
    const signal = this.#signal;
    this.segments.addEventListener("changed", ({ detail: { position, origin } }) => {
      if (origin === "saved" || origin === "loaded" || origin === "tab") return;
      this.corrections.add(position, this.segments.at(position).text);
    });
    this.corrections.addEventListener("state", () => {
      if (this.corrections.state === "refused") this.#fail(this.corrections.failure);
    });
    this.tabs.addEventListener("message", ({ data }) => this.#applyFromTab(data));
    this.player.addEventListener("unplayable", () => this.#explainSilence());
    listenForShortcuts(this, this.frame.getRootNode(), signal);
    addEventListener("pagehide", () => this.corrections.flush(), { signal });
    addEventListener("online", () => this.corrections.flush(), { signal });
  }

  /** Another tab has this transcription open too. */
  #applyFromTab({ segment }) {
    if (!segment) return void this.#load();
    if (this.corrections.isPending(segment.index) || segment.index >= this.segments.length) return undefined;
    this.segments.setText(segment.index, segment.text.trim(), "tab");
    return this.segments.confirm(segment);
  }

  #follow() {
    const stop = (this.#unfollow = new AbortController());
    const signal = AbortSignal.any([stop.signal, this.#signal]);
    follow(this.backend.eventsUrl, {
      signal,
      onProgress: (progress) => {
        if (progress.stage) this.job.status = "running";
        this.job.progress = progress;
        this.status.show(this.job);
      },
      onSegment: (segment) => this.segments.add(segment),
      onUnavailable: (isUnavailable) => this.status.showUnavailable(isUnavailable),
      onOver: () => this.#load(),
    });
    this.#watchQueue(signal);
  }

  /** Poll the place in the queue, which no event has. */
  async #watchQueue(signal) {
    while (this.job.status === "queued" && !signal.aborted) {
      await pause(QUEUE_LOOK_MS, signal);
      const job = await this.backend.job().catch(() => null);
      if (!job || signal.aborted || FINAL.has(job.status) || this.job.status !== "queued") continue;
      Object.assign(this.job, { status: job.status, queue_position: job.queue_position });
      this.status.show(this.job);
    }
  }

  async #act(call) {
    try {
      await this.corrections.flush();
      this.job = { ...this.job, ...(await call()) };
      this.tabs.postMessage({});
      await this.#load();
    } catch (failure) {
      this.#fail(failure);
    }
  }

  #saveWhatWasLeft() {
    for (const [index, text] of this.corrections.unsaved()) {
      if (index >= this.segments.length) continue;
      this.segments.setText(index, text, "left");
    }
    this.corrections.flush();
  }

  /** An address with a moment, such as a search has found, leads to it once. */
  #goToMoment() {
    const moment = Number.parseFloat(new URLSearchParams(location.search).get("t"));
    if (this.hasGone || !Number.isFinite(moment) || !this.segments.length) return;
    this.hasGone = true;
    this.playbackFollower.playMoment(moment);
  }

  async #showWaveform() {
    if (this.hasWaveform) return;
    try {
      this.player.showWaveform((await this.backend.waveform()).peaks);
      this.hasWaveform = true;
    } catch {
      // the bar seeks without a picture too
    }
  }

  async #explainSilence() {
    const status = await this.backend.audioStatus();
    if (this.#signal.aborted || status === 0 || status >= 500) return;
    this.player.showUnplayable(this.t.text(status === 404 ? "player.missing" : "player.unsupported"));
  }

  #fail(failure) {
    if (failure.status === undefined) console.error(failure);
    const notice = failureNotice(this.t, failure, () => notice.remove());
    this.notices.replaceChildren(notice);
  }
}
