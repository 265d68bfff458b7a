// Edits segments in place, one at a time, and records each change for undo.

import { element, icon, iconButton, textButton } from "../common/elements.js";

export class SegmentEditor {
  #open = null;
  #textAtOpen = "";
  #tools = null;
  #lastCaret = null;

  /** `onCorrected(position, before, after)`: a segment's field was closed. */
  constructor({
    t, segments, transcript, undoHistory, player, assigner, borders, maxChars, signal,
    onCorrected,
  }) {
    Object.assign(this, {
      t, segments, transcript, undoHistory, player, assigner, borders, maxChars, onCorrected,
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
    segments.addEventListener("replaced", () => {
      this.#open = this.#tools = this.#lastCaret = null;
    });
    signal.addEventListener("abort", () => this.close());
  }

  /** The position of the segment that is being edited, or null. */
  get position() {
    return this.#open;
  }

  /** `offset`: where the caret is put; by default at the end. */
  open(position, offset = null) {
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
    putCaret(text, offset);
  }

  close() {
    if (this.#open === null) return;
    const offset = this.transcript.caretIn(this.#open);
    this.#lastCaret = offset === null ? null : { position: this.#open, offset };
    const split = this.transcript.row(this.#open).querySelector("option[value=split]");
    if (split) split.disabled = !this.#lastCaret;
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

  /** Split the segment at the caret; at either end of the text, or where it cannot be, finish. */
  async splitOrFinish() {
    const position = this.#open;
    const offset = this.transcript.caretIn(position);
    const { text } = this.segments.at(position);
    const isInside = offset !== null && text.slice(0, offset).trim() && text.slice(offset).trim();
    if (!this.borders.isAllowed || !isInside) return this.finish();
    this.finish();
    if (await this.borders.split(position, offset)) this.open(position + 1, 0);
  }

  /** Whether the caret is at the start of a segment that has one before it. */
  get canJoinPrevious() {
    if (!this.borders.isAllowed || !this.#open) return false; // the first has none before it
    const isAtStart = this.transcript.caretIn(this.#open) === 0;
    return isAtStart && !this.transcript.row(this.#open - 1).hidden;
  }

  /** Join the segment with the one before it; the caret stays where they meet. */
  async joinPrevious() {
    const position = this.#open - 1;
    const offset = this.segments.at(position).text.length;
    this.finish();
    if (await this.borders.join(position)) this.open(position, offset);
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
    const [{ position, field }] = changes;
    if (field === "borders") return;
    this.transcript.reveal(position);
    if (this.#open === position) putCaret(this.transcript.textOf(position));
  }

  #apply(changes, origin) {
    for (const { position, field, value } of changes) {
      if (field === "borders") {
        this.close();
        this.borders.apply(position, value);
      } else this.segments.set(position, field, value, origin);
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
      if (this.#open !== null) this.splitOrFinish(); // a keyboard on a screen names no key
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
    if (this.borders.isAllowed) tools.append(this.#buildBorderChoice(position));
    return tools;
  }

  /** Return a list of what can be done to the borders of a phrase; it looks like a button. */
  #buildBorderChoice(position) {
    const { t, borders } = this;
    const canSplit = this.#lastCaret?.position === position;
    const isLast = position + 1 === this.segments.length;
    const label = t.text("borders.choose");
    const actions = {
      split: () => borders.split(position, this.#lastCaret.offset),
      join_next: !isLast && (() => borders.join(position)),
      join_previous: position > 0 && (() => borders.join(position - 1)),
      take_word: !isLast && (() => borders.move(position, 1)),
      give_word: !isLast && (() => borders.move(position, -1)),
    };
    const select = element("select", { "aria-label": label, title: label });
    select.append(element("option", { value: "", textContent: label, hidden: true }));
    for (const [name, action] of Object.entries(actions)) {
      const textContent = t.text(`borders.${name}`);
      const disabled = name === "split" ? !canSplit : !action;
      select.append(element("option", { value: name, textContent, disabled }));
    }
    select.addEventListener("change", () => {
      const action = actions[select.value];
      select.value = "";
      action();
    });
    return element("span", { className: "icon-select" }, icon("borders"), select);
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

/** Put the caret at an offset of a text, or else at its end. */
function putCaret(text, offset = null) {
  const selection = getSelection();
  const node = text.firstChild;
  if (offset !== null && node) return selection.collapse(node, Math.min(offset, node.length));
  selection.selectAllChildren(text);
  selection.collapseToEnd();
}
