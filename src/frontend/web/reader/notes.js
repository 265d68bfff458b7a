// The owner's notes on moments of the recording: beside the text, on a narrow screen in a sheet.

import { element, iconButton, nameButton, textButton, textElement } from "../common/elements.js";
import { clock } from "../common/translator.js";

export class Notes {
  #notes = [];
  #form = null;

  /**
   * `player`: knows the current moment; `onPlay(time)`: play from a note; `onChanged()`: a note was
   * saved or deleted.
   */
  constructor({ t, backend, player, maxChars, onPlay, onChanged, onError }) {
    Object.assign(this, { t, backend, player, maxChars, onPlay, onChanged, onError });
    this.list = element("ol");
    this.hint = textElement("p", t.text("notes.hint"));
    this.message = element("p", { className: "note-message", role: "status" });
    this.root = element(
      "section",
      { className: "note-panel", "aria-label": t.text("notes.title") },
      element(
        "div",
        { className: "note-head" },
        textElement("h3", t.text("notes.title")),
        textButton(t.text("notes.add"), () => this.write(), { iconName: "note" }),
        iconButton("close", t.text("notes.close"), () => this.#setOpen(false), "note-close"),
      ),
      this.hint, this.list, this.message,
    );
    this.button = iconButton("note", t.text("notes.title"), () => this.#setOpen(!this.#isOpen), "note-toggle");
    this.button.setAttribute("aria-expanded", "false");
  }

  /** Read the notes again; without them the text is still there. */
  async load() {
    try {
      this.#notes = (await this.backend.notes()).items;
      this.#show();
    } catch (error) {
      this.onError(error);
    }
  }

  /** Open the field of a new note on the current moment. */
  write() {
    this.#setOpen(true);
    if (this.#form) return this.#form.field.focus();
    this.#open({ id: null, time: Math.round(this.player.currentTime * 10) / 10, text: "" });
  }

  get #isOpen() {
    return this.root.classList.contains("open");
  }

  /** Show or hide the sheet; on a wide screen the notes are always there. */
  #setOpen(isOpen) {
    this.root.classList.toggle("open", isOpen);
    this.button.setAttribute("aria-expanded", String(isOpen));
  }

  #show() {
    const { t } = this;
    const shown = this.#notes.map((note) => ({
      time: note.time,
      entry: note.id === this.#form?.id ? this.#form.entry : this.#entry(note),
    }));
    if (this.#form && !shown.some(({ entry }) => entry === this.#form.entry)) shown.push(this.#form);
    shown.sort((one, other) => one.time - other.time);
    const isWriting = this.#form?.field.matches(":focus");
    this.list.replaceChildren(...shown.map(({ entry }) => entry));
    if (isWriting) this.#form.field.focus();
    this.hint.hidden = shown.length > 0;
    nameButton(this.button, t.text("notes.count", { count: this.#notes.length }));
    this.button.dataset.count = this.#notes.length || "";
  }

  #entry(note) {
    const { t } = this;
    const time = clock(note.time);
    return element(
      "li",
      {},
      this.#time(note.time),
      element("span", { className: "note-text", dir: "auto", textContent: note.text }),
      iconButton("edit", t.text("notes.edit", { time }), () => this.#open(note), "quiet"),
      iconButton("trash", t.text("notes.delete", { time }), () => this.#delete(note), "quiet"),
    );
  }

  #time(seconds) {
    const button = textButton(clock(seconds), () => this.onPlay(seconds), { className: "clock-time" });
    button.setAttribute("aria-label", this.t.text("reader.play_from", { time: clock(seconds) }));
    return button;
  }

  /** Open the field of a note; Enter or leaving it saves, Escape does not. */
  #open({ id, time, text }) {
    this.#form?.cancel();
    const { t } = this;
    const { activeElement: before } = this.root.getRootNode();
    const field = element("textarea", {
      value: text,
      rows: 3,
      maxLength: this.maxChars,
      "aria-label": t.text("notes.field", { time: clock(time) }),
    });
    let isOpen = true;
    const close = () => {
      if (!isOpen) return;
      isOpen = false; // a field that is removed loses the focus, which would save it again
      this.#form = null;
      this.#show();
      before?.focus({ preventScroll: true });
    };
    let isSaving = false;
    const save = async () => {
      const written = field.value.trim();
      if (!isOpen || isSaving) return;
      if (!written || written === text) return close();
      isSaving = true;
      if (await this.#save({ id, time, text: written })) close();
      isSaving = false;
    };
    const entry = element(
      "li",
      { className: "note-form" },
      this.#time(time),
      field,
      textButton(t.text("notes.save"), save, { className: "primary" }),
      textButton(t.text("notes.cancel"), close),
    );
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "Enter") save();
      else close();
    });
    entry.addEventListener("focusout", ({ relatedTarget }) => {
      if (!entry.contains(relatedTarget) && document.hasFocus()) save();
    });
    this.#form = { id, time, field, entry, cancel: close };
    this.#say("");
    this.#show();
    field.focus();
  }

  /** Save a note, a new one if its `id` is null; return whether it worked. */
  #save({ id, time, text }) {
    return this.#attempt(async () => {
      const note = id === null ? await this.backend.addNote(time, text) : await this.backend.changeNote(id, text);
      this.#notes = [...this.#notes.filter((each) => each.id !== note.id), note];
      this.#show();
    });
  }

  #delete(note) {
    return this.#attempt(async () => {
      await this.backend.deleteNote(note.id);
      this.#notes = this.#notes.filter((each) => each !== note);
      this.#show();
      const restore = async () => {
        if (await this.#save({ ...note, id: null })) this.#say("");
      };
      this.#say(this.t.text("notes.deleted"), textButton(this.t.text("notes.undo"), restore));
      this.message.lastChild.focus();
    });
  }

  #say(...content) {
    this.message.replaceChildren(...content);
  }

  async #attempt(change) {
    try {
      await change();
      this.onChanged();
      return true;
    } catch (error) {
      this.onError(error);
      return false;
    }
  }
}
