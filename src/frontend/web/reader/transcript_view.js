// A transcript with everything that works on it: player, editor, search, exports, shortcuts.

import { element, iconButton } from "../common/elements.js";
import { GlossaryOffer } from "./glossary_offer.js";
import { BorderEditor } from "./border_editor.js";
import { BorderHandles } from "./border_handles.js";
import { Comparison } from "./comparison.js";
import { ExportMenu } from "./export_menu.js";
import { FindBar } from "./find_bar.js";
import { Notes } from "./notes.js";
import { Outline } from "./outline.js";
import { PlaybackFollower } from "./playback_follower.js";
import { Player } from "./player.js";
import { SegmentEditor } from "./segment_editor.js";
import { SpeakerAssigner } from "./speaker_assigner.js";
import { SpeakerBar } from "./speaker_bar.js";
import { SpeakerDialog } from "./speaker_dialog.js";
import { SpeakerTimeline } from "./speaker_timeline.js";
import { Speakers } from "./speakers.js";
import { listenForShortcuts } from "./shortcuts.js";
import { ShortcutsDialog } from "./shortcuts_dialog.js";
import { SpeechReport } from "./speech_report.js";
import { TextDialog } from "./text_dialog.js";
import { Toolbar } from "./toolbar.js";
import { Transcript } from "./transcript.js";
import { UndoHistory } from "./undo_history.js";
import { UnsureBar } from "./unsure_bar.js";

/** Stages of a running job in which the waveform is stored. */
const STAGES_WITH_WAVEFORM = new Set([
  "measuring_loudness", "transcribing", "finding_speakers", "done",
]);

export class TranscriptView {
  #hasWaveform = false;
  #hasPlayedFromAddress = false;

  /** `root`: the document or shadow root that it is in; `durationS`: null if unknown. */
  constructor({
    t, backend, segments, corrections, formats, maxSegmentChars, maxSpeakerChars, maxNoteChars,
    statusPanel, header, durationS, root, onName, onRemember, onWrite, onBorder, onNote, onDelete,
    onError, signal,
  }) {
    Object.assign(this, { t, backend, segments, header, signal });
    const selectedTimes = () => this.#selectedTimes();
    this.player = new Player({ t, url: backend.audioUrl, durationS, selectedTimes });
    this.speakers = new Speakers({ t, segments });
    const { player, speakers } = this;
    const onSpeaker = (id) => this.editor.isAllowed && this.speakerDialog.open(id);
    this.transcript = new Transcript({ t, segments, speakers, onSpeaker });
    const { transcript } = this;
    const undoHistory = new UndoHistory();
    const maxChars = maxSegmentChars;
    this.playbackFollower = new PlaybackFollower({ player, segments, transcript, signal });
    const assigner = new SpeakerAssigner({
      t, segments, speakers, transcript,
      change: (...values) => this.editor.change(...values),
      onMessage: (text) => this.toolbar.showMessage(text),
    });
    this.borders = new BorderEditor({
      t, segments, transcript, undoHistory, onError,
      change: onBorder,
      beforeChange: () => corrections.flush(),
      onMessage: (text) => this.toolbar.showMessage(text),
    });
    const { borders } = this;
    new BorderHandles({ t, segments, transcript, borders, signal });
    const glossaryOffer = new GlossaryOffer({
      t, backend, transcript, onError,
      onAdded: (line) => this.toolbar.showMessage(t.text("always.added", { line })),
    });
    this.editor = new SegmentEditor({
      t, segments, transcript, undoHistory, player, assigner, borders, maxChars, signal,
      onCorrected: (...correction) => glossaryOffer.offer(...correction),
    });
    const { editor, playbackFollower } = this;
    this.speakerBar = new SpeakerBar({ t, speakers, transcript, onOpen: onSpeaker, onName });
    this.timeline = new SpeakerTimeline({
      canvas: player.timeline, speakers, segments, transcript, durationS: () => player.durationS,
    });
    this.outline = new Outline({
      t, segments, transcript, player,
      onGoTo: (start) => playbackFollower.goTo(start),
    });
    const onPlay = (start) => playbackFollower.playFrom(start);
    this.speechReport = new SpeechReport({ t, onPlay });
    this.notes = new Notes({
      t, backend, player, onPlay, onError,
      maxChars: maxNoteChars,
      onChanged: onNote,
    });
    this.comparison = new Comparison({ t, onPlay, onDelete, onError });
    const findBar = new FindBar({ t, segments, transcript, editor });
    const unsureBar = new UnsureBar({ t, segments, transcript });
    this.element = element("div", { className: "view" });
    this.speakerDialog = new SpeakerDialog({
      t, speakers, parent: this.element, maxChars: maxSpeakerChars, onName, onRemember,
    });
    const shortcutsDialog = new ShortcutsDialog({ t, parent: this.element });
    const textDialog = new TextDialog({ t, parent: this.element, onWrite });
    const exportMenu = new ExportMenu({
      t, formats, backend, corrections, onError, signal,
      onMessage: (text) => this.toolbar.showMessage(text),
    });
    this.toolbar = new Toolbar({
      t, segments, undoHistory, corrections, unsureBar, exportMenu, transcript,
      onFind: () => findBar.open(),
      onUndo: () => editor.undo(),
      onRedo: () => editor.redo(),
      onText: () => textDialog.open(this.options),
      onHelp: () => shortcutsDialog.open(),
    });
    this.#layOut(statusPanel, findBar);
    player.addEventListener("unplayable", () => this.#explainUnplayable());
    listenForShortcuts({
      root, signal, player, transcript, editor, borders, assigner, findBar, unsureBar, shortcutsDialog,
      notes: this.notes,
    });
  }

  /** Show a job whose segments are loaded; it is editable once it is over. */
  show(job, { isOver }) {
    const { t } = this;
    this.options = job.options;
    const isReady = isOver && this.segments.length > 0;
    this.header.show(job);
    this.model.textContent = job.model ? modelText(t, job.model) : "";
    this.editor.isAllowed = this.speakerBar.isAllowed = isOver;
    this.borders.isAllowed = job.status === "completed";
    this.speakers.load(job.result?.speakers ?? []);
    this.speakerBar.show();
    this.toolbar.showReady(isReady);
    this.hint.hidden = !isReady;
    this.speechReport.show(job.result?.report ?? []);
    this.showWaveform(job);
    this.notes.load();
    this.comparison.show(job);
    this.#playFromAddress();
  }

  pause() {
    this.player.pause();
  }

  close() {
    this.timeline.close();
    this.player.close();
  }

  #layOut(statusPanel, findBar) {
    const { t, header, player, toolbar, transcript, speechReport, playbackFollower } = this;
    this.hint = element("p", { className: "hint", textContent: t.text("edit.hint") });
    this.model = element("small", { className: "model-name" });
    header.root.append(this.hint);
    const panel = element("div", { className: "panel" }, toolbar.root, findBar.root);
    this.comparison.hidden = [panel, transcript.root, this.hint];
    const dock = element("div", { className: "dock" }, player.root);
    const resume = () => playbackFollower.resume();
    const back = iconButton("down", t.text("player.follow"), resume, "to-playback");
    back.hidden = true;
    playbackFollower.addEventListener("following", () => (back.hidden = playbackFollower.isFollowing));
    const side = (className, ...parts) => element("aside", { className: `side ${className}` }, ...parts);
    const middle = element(
      "div",
      { className: "middle" },
      statusPanel.root, this.comparison.root, panel, transcript.root, speechReport.root, this.model, back,
    );
    this.element.append(
      header.root,
      side("left", this.speakerBar.root, this.outline.root),
      middle,
      side("right", player.picture.root, this.notes.root),
      dock,
    );
    player.root.append(this.notes.button);
  }

  /** Return `[start, end]` in seconds of the selected segments, or of the one that is active. */
  #selectedTimes() {
    const positions = this.transcript.selected();
    const [first, last] = [positions[0] ?? this.transcript.active, positions.at(-1) ?? this.transcript.active];
    if (!this.segments.length) return null;
    return [this.segments.at(first).start, this.segments.at(last).end];
  }

  /** Play once from the time in the address, as a link of the history's search has it. */
  #playFromAddress() {
    const time = Number.parseFloat(new URLSearchParams(location.search).get("t"));
    if (this.#hasPlayedFromAddress || !Number.isFinite(time) || !this.segments.length) return;
    this.#hasPlayedFromAddress = true;
    this.playbackFollower.playFrom(time);
  }

  /** Show the waveform once it is made, which is before the loudness is measured. */
  async showWaveform({ status, progress }) {
    const isMade = status === "completed" || STAGES_WITH_WAVEFORM.has(progress.stage);
    if (this.#hasWaveform || !isMade) return;
    this.#hasWaveform = true;
    try {
      this.player.showWaveform((await this.backend.waveform()).peaks);
    } catch {
      this.#hasWaveform = false; // the bar seeks without a waveform too
    }
  }

  async #explainUnplayable() {
    const status = await this.backend.audioStatus();
    if (this.signal.aborted || status === 0 || status >= 500) return;
    const key = status === 404 ? "player.missing" : "player.unsupported";
    this.player.showUnplayable(this.t.text(key));
    this.player.root.append(this.notes.button);
  }
}

function modelText(t, { name, revision }) {
  return t.text("result.model", { model: `${name} (${revision.slice(0, 12)})` });
}
