// A transcription at its own address: while it runs, and the reader that it becomes.

import { element, iconButton } from "../common/elements.js";
import { Words } from "../common/words.js";
import { Backend, pause, persist } from "./backend.js";
import { Changes } from "./changes.js";
import { Editing } from "./editing.js";
import { follow } from "./events.js";
import { factsOf } from "./facts.js";
import { failureNotice } from "./failures.js";
import { FindBar } from "./find_bar.js";
import { Following } from "./following.js";
import { Help } from "./help.js";
import { listenToKeys } from "./keys.js";
import { lightNothing } from "./lighting.js";
import { Player } from "./player.js";
import { Saving } from "./saving.js";
import { Segments } from "./segments.js";
import { Status } from "./status.js";
import { Taking } from "./taking.js";
import { Toolbar } from "./toolbar.js";
import { Transcript } from "./transcript.js";
import { Unsure } from "./unsure.js";

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
    this.words = new Words(data.language, data.labels);
    this.backend = new Backend(data.jobId);
    this.segments = new Segments();
    this.tabs = new BroadcastChannel(`transcription:${data.jobId}`);
    this.saving = new Saving(data.jobId, this.backend.correct.bind(this.backend), (segment) => {
      this.segments.confirm(segment);
      this.tabs.postMessage({ segment });
    });
    const { words } = this;
    this.status = new Status(words, {
      onStop: () => this.#act(this.backend.cancel),
      onResume: () => this.#act(this.backend.resume),
    });
    this.notices = element("div", { className: "notices" });
    const opening = element("p", { className: "opening", textContent: words.say("reader.opening") });
    this.body = element("div", {}, opening);
    frame.replaceChildren(this.status.away, this.notices, this.body);
  }

  open() {
    this.#load();
  }

  close() {
    this.saving.flush();
    this.#life.abort();
    this.tabs.close();
    this.player?.close();
    lightNothing();
    this.frame.replaceChildren();
  }

  get #signal() {
    return this.#life.signal;
  }

  async #load() {
    const signal = this.#signal;
    this.#unfollow?.abort();
    const whenAway = (isAway) => this.status.showAway(isAway);
    try {
      const job = await persist(this.backend.job, { signal, whenAway });
      if (!signal.aborted) this.#show(job);
    } catch (failure) {
      if (!signal.aborted) this.#cannotOpen(failure);
    }
  }

  #cannotOpen(failure) {
    const { words } = this;
    if (failure.status !== 404) {
      if (!this.player) this.body.replaceChildren();
      this.#fail(failure);
      return;
    }
    this.saving.forgetAll();
    this.player?.pause();
    const title = element("b", { textContent: words.say("problem.job_not_found") });
    const advice = element("p", { textContent: words.say("problem.job_not_found.next") });
    this.body.replaceChildren(element("div", { className: "notice", role: "alert" }, title, advice));
  }

  #show(job) {
    this.job = job;
    if (!this.player) this.#build(job);
    const isOver = FINAL.has(job.status);
    this.segments.take(job.result?.segments ?? []);
    this.title.textContent = job.title ?? job.file.name;
    this.facts.textContent = factsOf(this.words, job).join(" · ");
    this.made.textContent = job.model ? this.#madeBy(job.model) : "";
    this.status.show(job);
    this.editing.isAllowed = isOver;
    this.toolbar.showReady(isOver && this.segments.length > 0);
    this.hint.hidden = !isOver || this.segments.length === 0;
    this.#showWaveform();
    this.#goToMoment();
    if (isOver) this.#saveWhatWasLeft();
    else this.#follow();
  }

  #madeBy({ name, revision }) {
    return this.words.say("result.model", { model: `${name} (${revision.slice(0, 12)})` });
  }

  #build(job) {
    const { words, segments, saving, backend } = this;
    const signal = this.#signal;
    this.title = element("h2", { className: "name", dir: "auto" });
    this.facts = element("p", { className: "facts" });
    this.made = element("small", { className: "made" });
    this.player = new Player(words, backend.audioUrl, job.file.duration_s);
    this.transcript = new Transcript(words, segments);
    this.changes = new Changes();
    const parts = { ...this, signal };
    this.following = new Following(this.player, segments, this.transcript, { signal });
    this.editing = new Editing(words, parts);
    this.findBar = new FindBar(words, { ...parts, editing: this.editing });
    this.unsure = new Unsure(words, parts);
    this.help = new Help(words);
    const name = job.title ?? job.file.name;
    const tell = (text) => this.toolbar.tell(text);
    const fail = (failure) => this.#fail(failure);
    this.taking = new Taking(words, { backend, saving, name, tell, fail, signal });
    this.toolbar = new Toolbar(words, this);
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
    const back = iconButton("down", this.words.say("player.follow"), () => this.following.resume());
    back.classList.add("to-sound");
    back.hidden = true;
    this.following.addEventListener("following", () => (back.hidden = this.following.isFollowing));
    this.hint = element("p", { className: "hint", textContent: this.words.say("edit.hint") });
    const head = element("header", {}, this.title, this.facts, this.hint);
    return [head, this.status.root, panel, this.transcript.root, this.made, back, this.help.root];
  }

  #connect() {
    const signal = this.#signal;
    this.segments.addEventListener("changed", ({ detail: { position, origin } }) => {
      if (origin === "saved" || origin === "loaded" || origin === "tab") return;
      this.saving.add(position, this.segments.at(position).text);
    });
    this.saving.addEventListener("state", () => {
      if (this.saving.state === "refused") this.#fail(this.saving.failure);
    });
    this.tabs.addEventListener("message", ({ data }) => this.#hear(data));
    this.player.addEventListener("unplayable", () => this.#explainSilence());
    listenToKeys(this, this.frame.getRootNode(), signal);
    addEventListener("pagehide", () => this.saving.flush(), { signal });
    addEventListener("online", () => this.saving.flush(), { signal });
  }

  /** Another tab has this transcription open too. */
  #hear({ segment }) {
    if (!segment) return void this.#load();
    if (this.saving.isWaiting(segment.index) || segment.index >= this.segments.length) return undefined;
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
      onAway: (isAway) => this.status.showAway(isAway),
      onOver: () => this.#load(),
    });
    this.#watchQueue(signal);
  }

  /** Events tell of the work; the place in the queue has to be asked for. */
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
      await this.saving.flush();
      this.job = { ...this.job, ...(await call()) };
      this.tabs.postMessage({});
      await this.#load();
    } catch (failure) {
      this.#fail(failure);
    }
  }

  #saveWhatWasLeft() {
    for (const [index, text] of this.saving.leftBehind()) {
      if (index >= this.segments.length) continue;
      this.segments.setText(index, text, "left");
    }
    this.saving.flush();
  }

  /** An address with a moment, such as a search has found, leads to it once. */
  #goToMoment() {
    const moment = Number.parseFloat(new URLSearchParams(location.search).get("t"));
    if (this.hasGone || !Number.isFinite(moment) || !this.segments.length) return;
    this.hasGone = true;
    this.following.playMoment(moment);
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
    this.player.showUnplayable(this.words.say(status === 404 ? "player.gone" : "player.format"));
  }

  #fail(failure) {
    if (failure.status === undefined) console.error(failure);
    const notice = failureNotice(this.words, failure, () => notice.remove());
    this.notices.replaceChildren(notice);
  }
}
