// The row of tools above the text.

import { element, iconButton } from "../common/elements.js";

const MESSAGE_MS = 2500;

export class Toolbar {
  #timer = 0;

  constructor({
    t, segments, undoHistory, corrections, unsureBar, exportMenu, transcript, onFind, onUndo, onRedo,
    onText, onHelp,
  }) {
    Object.assign(this, { t, segments, undoHistory, corrections });
    this.undo = iconButton("undo", t.text("edit.undo"), onUndo);
    this.redo = iconButton("redo", t.text("edit.redo"), onRedo);
    const find = iconButton("find", t.text("find.open"), onFind);
    this.status = element("span", { className: "state", role: "status" });
    this.phrases = iconButton("phrases", t.text("reader.phrases"), () => {
      transcript.showsPhrases = !transcript.showsPhrases;
      this.#showPhrases(transcript);
    });
    this.raw = iconButton("raw", t.text("reader.raw"), () => {
      segments.showsRaw = !segments.showsRaw;
    });
    this.editTools = element(
      "div",
      { className: "group" },
      find, this.undo, this.redo, this.phrases, this.raw,
      iconButton("text", t.text("text.title"), onText),
    );
    this.#showPhrases(transcript);
    for (const event of ["added", "replaced", "changed"]) {
      segments.addEventListener(event, () => this.#showRaw());
    }
    this.#showRaw();
    const { copyMenu, downloadMenu } = exportMenu;
    this.exportTools = element("div", { className: "group" }, copyMenu, downloadMenu);
    this.root = element(
      "div",
      { className: "tools" },
      this.editTools,
      unsureBar.root,
      element("div", { className: "notes" }, unsureBar.note, this.status),
      this.exportTools,
      iconButton("help", t.text("shortcuts.open"), onHelp),
    );
    undoHistory.addEventListener("changed", () => this.#showSteps());
    corrections.addEventListener("state", () => this.#showSaving());
    this.#showSteps();
  }

  /** Show the tools only when there is a text to work on. */
  showReady(isReady) {
    this.editTools.hidden = this.exportTools.hidden = !isReady;
  }

  /** Show a message for a moment. */
  showMessage(text) {
    this.status.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showSaving(), MESSAGE_MS);
  }

  #showSteps() {
    this.undo.disabled = !this.undoHistory.canUndo;
    this.redo.disabled = !this.undoHistory.canRedo;
  }

  #showPhrases({ showsPhrases }) {
    this.phrases.setAttribute("aria-pressed", String(showsPhrases));
  }

  /** Offer the model's own words where the text has others. */
  #showRaw() {
    const { hasRaw, showsRaw } = this.segments;
    this.raw.hidden = !hasRaw && !showsRaw;
    this.raw.setAttribute("aria-pressed", String(showsRaw));
  }

  #showSaving() {
    const { state } = this.corrections;
    this.status.textContent = state === "idle" ? "" : this.t.text(`saving.${state}`);
    this.status.classList.toggle("bad", state === "retrying" || state === "refused");
  }
}
