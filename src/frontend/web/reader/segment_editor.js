// Edits segments in place, one at a time, and records each change for undo.

import { element, iconButton, textButton } from "../common/elements.js";

export class SegmentEditor {
  #open = null;
  #textAtOpen = "";
  #tools = null;

  /** `onCorrected(position, before, after)`: a segment's field was closed. */
  constructor({
    t, segments, transcript, undoHistory, player, assigner, maxChars, signal, onCorrected,
  }) {
    Object.assign(this, {
      t, segments, transcript, undoHistory, player, assigner, maxChars, onCorrected,
    });
    this.isAllowed = false;
    const { root } = transcript;
    root.addEventListener("dblclick", (event) => this.#onDoubleClick(event));
    root.addEventListener("input", (event) => this.#onInput(event));
    root.addEventListener("beforeinput", (event) => this.#onBeforeInput(event));
    root.addEventListener("focusout", (event) => this.#onFocusOut(event));
    root.addEventListener("pointerover", (event) => {
      // within a paragraph, the pointer crosses other segments on its way to the buttons
      if (transcript.showsPhrases) this.#showTools(event.target);
    });
    root.addEventListener("click", (event) => this.#showTools(event.target));
    root.addEventListener("focusin", (event) => this.#showTools(event.target));
    segments.addEventListener("reset", () => ((this.#open = null), this.#tools?.remove()));
    segments.addEventListener("changed", ({ detail }) => this.#refreshTools(detail.position));
    signal.addEventListener("abort", () => this.close());
  }

  /** The position of the segment that is being edited, or null. */
  get position() {
    return this.#open;
  }

  open(position) {
    if (!this.isAllowed || position === this.#open || !this.transcript.row(position)) return;
    this.close();
    this.segments.showsRaw = false;
    this.#open = position;
    this.#textAtOpen = this.segments.at(position).text;
    const text = this.transcript.textOf(position);
    makeEditable(text);
    text.setAttribute("role", "textbox");
    const time = this.transcript.row(position).querySelector(".time").textContent;
    text.setAttribute("aria-label", this.t.text("edit.field", { time }));
    this.transcript.setActive(position);
    text.focus({ preventScroll: true });
    this.transcript.reveal(position);
    putCaretAtEnd(text);
  }

  close() {
    if (this.#open === null) return;
    const text = this.transcript.textOf(this.#open);
    const position = this.#open;
    this.#open = null;
    for (const name of ["contenteditable", "role", "aria-label"]) text.removeAttribute(name);
    const after = this.segments.at(position).text;
    text.textContent = after;
    this.onCorrected(position, this.#textAtOpen, after);
  }

  /** Close the field, and keep the keyboard at its segment. */
  finish() {
    const position = this.#open;
    this.close();
    if (position !== null) this.transcript.focus(position);
  }

  /** Change segments as one step of undo; `values` are [position, value] pairs. */
  change(values, origin, field = "text") {
    const step = [];
    for (const [position, after] of values) {
      const before = this.segments.at(position)[field];
      if (before !== after) step.push({ position, field, before, after });
    }
    if (!step.length) return;
    this.undoHistory.record(step);
    this.#apply(step.map(({ position, after }) => ({ position, field, value: after })), origin);
  }

  undo() {
    this.#applyAndShow(this.undoHistory.undo());
  }

  redo() {
    this.#applyAndShow(this.undoHistory.redo());
  }

  /** Restore the model's text. */
  restore(position) {
    this.change([[position, this.segments.at(position).modelText]], "restore");
  }

  #applyAndShow(changes) {
    if (!changes.length) return;
    this.#apply(changes, "undo");
    const [{ position }] = changes;
    this.transcript.reveal(position);
    if (this.#open === position) putCaretAtEnd(this.transcript.textOf(position));
  }

  #apply(changes, origin) {
    for (const { position, field, value } of changes) {
      this.segments.set(position, field, value, origin);
    }
  }

  #onDoubleClick(event) {
    const position = this.transcript.positionOf(event.target);
    if (position === null || !event.target.closest(".text")) return;
    this.player.pause();
    this.open(position);
  }

  #onInput({ target }) {
    if (this.#open === null) return;
    const position = this.#open;
    const before = this.segments.at(position).text;
    const after = singleLine(target.textContent);
    if (before === after) return;
    this.undoHistory.record([{ position, field: "text", before, after }], { typing: true });
    this.segments.set(position, "text", after, "typing");
  }

  #onBeforeInput(event) {
    const isUndo = event.inputType === "historyUndo";
    if (isUndo || event.inputType === "historyRedo") {
      event.preventDefault();
      if (isUndo) this.undo();
      else this.redo();
    } else if (/insert(Paragraph|LineBreak)/.test(event.inputType)) {
      event.preventDefault();
    } else if (event.inputType.startsWith("insert") && this.#isFull(event)) {
      event.preventDefault();
    }
  }

  #isFull({ data, dataTransfer, target }) {
    const more = data ?? dataTransfer?.getData("text/plain") ?? "";
    return target.textContent.length + more.length > this.maxChars;
  }

  #onFocusOut({ target, relatedTarget }) {
    if (this.#open === null || target !== this.transcript.textOf(this.#open)) return;
    // keep the field open when the user switches to another window
    if (relatedTarget || document.hasFocus()) this.close();
  }

  /** Show the buttons of the segment that has the pointer or the focus. */
  #showTools(target) {
    const position = this.transcript.positionOf(target);
    if (position === null || !this.isAllowed) return;
    const row = this.transcript.row(position);
    if (this.#tools?.parentElement === row) return;
    this.#tools?.remove();
    this.#tools = this.#buildTools(position);
    row.append(this.#tools);
  }

  #refreshTools(position) {
    const row = this.transcript.row(position);
    if (!row || this.#tools?.parentElement !== row) return;
    const { isCorrected, speaker } = this.segments.at(position);
    const showsModel = this.#tools.querySelector("[aria-expanded]") !== null;
    const isSameSpeaker = this.#tools.querySelector("select").value === (speaker ?? "");
    if (showsModel === isCorrected && isSameSpeaker) return;
    this.#tools.remove();
    this.#tools = null;
    row.querySelector(".model")?.remove();
    this.#showTools(row);
  }

  #buildTools(position) {
    const { t } = this;
    const tools = element("div", { className: "tools-of-segment" });
    tools.append(iconButton("edit", t.text("edit.open"), () => this.open(position)));
    if (this.segments.at(position).isCorrected) {
      const button = iconButton("model", t.text("edit.model_text"), () =>
        this.#toggleModelText(position, button),
      );
      const isShown = this.transcript.row(position).querySelector(".model") !== null;
      button.setAttribute("aria-expanded", String(isShown));
      tools.append(button);
    }
    tools.append(this.assigner.buildChoice(position));
    return tools;
  }

  /** Show or hide the model's text, with a button to restore it. */
  #toggleModelText(position, button) {
    const row = this.transcript.row(position);
    const shown = row.querySelector(".model");
    button.setAttribute("aria-expanded", String(!shown));
    if (shown) return shown.remove();
    const { t } = this;
    const { modelText } = this.segments.at(position);
    const restore = textButton(t.text("edit.restore"), () => {
      this.restore(position);
      this.transcript.focus(position);
    });
    const text = element("span", { dir: "auto", textContent: modelText || t.text("edit.empty") });
    const label = element("small", { textContent: t.text("edit.model_text") });
    row.append(element("div", { className: "model" }, label, text, restore));
  }
}

function makeEditable(text) {
  try {
    text.contentEditable = "plaintext-only";
  } catch {
    text.contentEditable = "true";
  }
}

/** Return what was typed or pasted as a single line. */
function singleLine(text) {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ").replaceAll("\u00a0", " ");
}

function putCaretAtEnd(text) {
  const selection = getSelection();
  selection.selectAllChildren(text);
  selection.collapseToEnd();
}
