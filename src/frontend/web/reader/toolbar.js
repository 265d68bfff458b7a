// The row of tools above the text.

import { element, iconButton } from "../common/elements.js";

const TOLD_MS = 2500;

export class Toolbar {
  #timer = 0;

  constructor(t, { editor, undoHistory, findBar, unsureBar, exportMenu, shortcutsDialog, corrections }) {
    Object.assign(this, { t, undoHistory, corrections });
    this.find = iconButton("find", t.text("find.open"), () => findBar.open());
    this.undo = iconButton("undo", t.text("edit.undo"), () => editor.undo());
    this.redo = iconButton("redo", t.text("edit.redo"), () => editor.redo());
    this.state = element("span", { className: "state", role: "status" });
    const helpButton = iconButton("help", t.text("shortcuts.open"), () => shortcutsDialog.open());
    this.work = element("div", { className: "group" }, this.find, this.undo, this.redo);
    this.take = element("div", { className: "group" }, exportMenu.copyMenu, exportMenu.downloadMenu);
    this.root = element(
      "div",
      { className: "tools" },
      this.work,
      unsureBar.root,
      element("div", { className: "notes" }, unsureBar.note, this.state),
      this.take,
      helpButton,
    );
    undoHistory.addEventListener("changed", () => this.#showSteps());
    corrections.addEventListener("state", () => this.#showSaving());
    this.#showSteps();
  }

  /** Whether there is a text to work on. */
  showReady(isReady) {
    this.work.hidden = this.take.hidden = !isReady;
  }

  /** Say something for a moment. */
  showMessage(text) {
    this.state.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showSaving(), TOLD_MS);
  }

  #showSteps() {
    this.undo.disabled = !this.undoHistory.canUndo;
    this.redo.disabled = !this.undoHistory.canRedo;
  }

  #showSaving() {
    const { state } = this.corrections;
    this.state.textContent = state === "idle" ? "" : this.t.text(`saving.${state}`);
    this.state.classList.toggle("bad", state === "retrying" || state === "refused");
  }
}
