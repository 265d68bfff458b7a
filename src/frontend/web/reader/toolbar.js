// The row of tools above the text.

import { element, iconButton } from "../common/elements.js";

const TOLD_MS = 2500;

export class Toolbar {
  #timer = 0;

  constructor(words, { editing, changes, findBar, unsure, taking, help, saving }) {
    Object.assign(this, { words, changes, saving });
    this.find = iconButton("find", words.say("find.open"), () => findBar.open());
    this.undo = iconButton("undo", words.say("edit.undo"), () => editing.undo());
    this.redo = iconButton("redo", words.say("edit.redo"), () => editing.redo());
    this.state = element("span", { className: "state", role: "status" });
    const helpButton = iconButton("help", words.say("keys.open"), () => help.open());
    this.work = element("div", { className: "group" }, this.find, this.undo, this.redo);
    this.take = element("div", { className: "group" }, taking.copyMenu, taking.downloadMenu);
    this.root = element(
      "div",
      { className: "tools" },
      this.work,
      unsure.root,
      element("div", { className: "told" }, unsure.note, this.state),
      this.take,
      helpButton,
    );
    changes.addEventListener("changed", () => this.#showSteps());
    saving.addEventListener("state", () => this.#showSaving());
    this.#showSteps();
  }

  /** Whether there is a text to work on. */
  showReady(isReady) {
    this.work.hidden = this.take.hidden = !isReady;
  }

  /** Say something for a moment. */
  tell(text) {
    this.state.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#showSaving(), TOLD_MS);
  }

  #showSteps() {
    this.undo.disabled = !this.changes.canUndo;
    this.redo.disabled = !this.changes.canRedo;
  }

  #showSaving() {
    const { state } = this.saving;
    this.state.textContent = state === "idle" ? "" : this.words.say(`saving.${state}`);
    this.state.classList.toggle("bad", state === "retrying" || state === "refused");
  }
}
