// Where files come in: dropped anywhere on the page, or chosen.

import { element, icon, textButton, textElement } from "../common/elements.js";

export class DropZone {
  constructor(t, { limit, onFiles, onMicrophone }) {
    this.onFiles = onFiles;
    this.input = element("input", { type: "file", multiple: true, hidden: true });
    this.input.addEventListener("change", () => this.#take(this.input.files));
    this.chooser = textButton(t.text("uploader.choose"), () => this.choose(), {
      className: "primary",
    });
    this.microphone = textButton(t.text("uploader.record"), onMicrophone, {
      picture: "microphone",
    });
    this.element = element(
      "div",
      { className: "zone", role: "group", "aria-label": t.text("uploader.zone") },
      this.input,
      icon("upload"),
      textElement("p", t.text("uploader.drop"), "drop"),
      element("div", { className: "actions" }, this.chooser, this.microphone),
      textElement("p", t.text("uploader.limit", { size: t.size(limit) }), "small"),
    );
    this.#playExcerpt();
  }

  choose() {
    this.input.click();
  }

  focus() {
    this.chooser.focus();
  }

  close() {
    this.listening.abort();
  }

  #playExcerpt() {
    this.listening = new AbortController();
    const { signal } = this.listening;
    const on = (name, act) => window.addEventListener(name, act, { signal });
    on("dragover", (event) => this.#over(event));
    on("dragleave", (event) => event.relatedTarget ?? this.#highlight(false));
    on("drop", (event) => this.#drop(event));
  }

  #over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // else the browser would open the file in the page's place
    this.#highlight(true);
  }

  #drop(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.#highlight(false);
    this.#take(event.dataTransfer.files);
  }

  #take(files) {
    if (files.length) this.onFiles([...files]);
    this.input.value = ""; // the same file can be chosen again
  }

  #highlight(isHighlighted) {
    this.element.classList.toggle("highlighted", isHighlighted);
  }
}
