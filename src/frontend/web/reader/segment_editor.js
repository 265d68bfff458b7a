// Corrections in place: one phrase at a time becomes a field; each change is remembered for
// undo, and handed on to be saved.

import { element, iconButton, textButton } from "../common/elements.js";

export class SegmentEditor {
  #open = null;
  #tools = null;

  constructor(t, { segments, transcript, undoHistory, player, maxChars, signal }) {
    Object.assign(this, { t, segments, transcript, undoHistory, player, maxChars });
    this.isAllowed = false;
    const { root } = transcript;
    root.addEventListener("dblclick", (event) => this.#doubleClick(event));
    root.addEventListener("input", (event) => this.#input(event));
    root.addEventListener("beforeinput", (event) => this.#beforeInput(event));
    root.addEventListener("focusout", (event) => this.#leave(event));
    root.addEventListener("pointerover", (event) => this.#offer(event.target));
    root.addEventListener("focusin", (event) => this.#offer(event.target));
    segments.addEventListener("reset", () => ((this.#open = null), this.#tools?.remove()));
    segments.addEventListener("changed", ({ detail }) => this.#offerAgain(detail.position));
    signal.addEventListener("abort", () => this.close());
  }

  /** The position of the phrase that is being corrected, or null. */
  get position() {
    return this.#open;
  }

  open(position) {
    if (!this.isAllowed || position === this.#open || !this.transcript.row(position)) return;
    this.close();
    this.#open = position;
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
    text.textContent = this.segments.at(position).text;
  }

  /** Close the field, and go on by keyboard from its phrase. */
  finish() {
    const position = this.#open;
    this.close();
    if (position !== null) this.transcript.focus(position);
  }

  /** Change phrases as one step that can be undone; `texts` are [position, text] pairs. */
  change(texts, origin) {
    const step = [];
    for (const [position, after] of texts) {
      const before = this.segments.at(position).text;
      if (before !== after) step.push({ position, before, after });
    }
    if (!step.length) return;
    this.undoHistory.record(step);
    this.#apply(step.map(({ position, after }) => [position, after]), origin);
  }

  undo() {
    this.#applyAndShow(this.undoHistory.undo());
  }

  redo() {
    this.#applyAndShow(this.undoHistory.redo());
  }

  /** Give a phrase the model's text again. */
  restore(position) {
    this.change([[position, this.segments.at(position).modelText]], "restore");
  }

  #applyAndShow(texts) {
    if (!texts.length) return;
    this.#apply(texts, "undo");
    const [[position]] = texts;
    this.transcript.reveal(position);
    if (this.#open === position) putCaretAtEnd(this.transcript.textOf(position));
  }

  #apply(texts, origin) {
    for (const [position, text] of texts) this.segments.setText(position, text, origin);
  }

  #doubleClick(event) {
    const position = this.transcript.positionOf(event.target);
    if (position === null || !event.target.closest(".text")) return;
    this.player.pause();
    this.open(position);
  }

  #input({ target }) {
    if (this.#open === null) return;
    const position = this.#open;
    const before = this.segments.at(position).text;
    const after = plain(target.textContent);
    if (before === after) return;
    this.undoHistory.record([{ position, before, after }], { typing: true });
    this.segments.setText(position, after, "typing");
  }

  #beforeInput(event) {
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

  #leave({ target, relatedTarget }) {
    if (this.#open === null || target !== this.transcript.textOf(this.#open)) return;
    // another window is no other place on the page
    if (relatedTarget || document.hasFocus()) this.close();
  }

  /** Put the buttons of a phrase beside the one that is pointed at, or that has the focus. */
  #offer(target) {
    const position = this.transcript.positionOf(target);
    if (position === null || !this.isAllowed) return;
    const row = this.transcript.row(position);
    if (this.#tools?.parentElement === row) return;
    this.#tools?.remove();
    this.#tools = this.#buildTools(position);
    row.append(this.#tools);
  }

  #offerAgain(position) {
    const row = this.transcript.row(position);
    if (!row || this.#tools?.parentElement !== row) return;
    const showsModel = this.#tools.querySelector("[aria-expanded]") !== null;
    if (showsModel === this.segments.at(position).isCorrected) return;
    this.#tools.remove();
    this.#tools = null;
    row.querySelector(".model")?.remove();
    this.#offer(row);
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
    return tools;
  }

  /** What the model wrote: to be seen, and to be taken back. */
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

/** What was typed or pasted, on one line. */
function plain(text) {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, " ").replaceAll("\u00a0", " ");
}

function putCaretAtEnd(text) {
  const selection = getSelection();
  selection.selectAllChildren(text);
  selection.collapseToEnd();
}
