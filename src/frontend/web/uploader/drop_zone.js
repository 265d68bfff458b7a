// Takes files that the user drops anywhere on the page or chooses.

import { element, icon, textButton, textElement } from "../common/elements.js";

export class DropZone {
  #closed = new AbortController();

  constructor({ t, limitBytes, onFiles, onMicrophone }) {
    Object.assign(this, { t, onFiles });
    this.input = element("input", { type: "file", multiple: true, hidden: true });
    this.input.addEventListener("change", () => this.#add(this.input.files));
    this.chooser = textButton("", () => this.choose());
    this.microphone = textButton(t.text("uploader.record"), onMicrophone, {
      iconName: "microphone",
    });
    this.element = element(
      "div",
      { className: "zone", role: "group", "aria-label": t.text("uploader.zone") },
      this.input,
      icon("upload"),
      textElement("p", t.text("uploader.drop"), "drop"),
      element("div", { className: "actions" }, this.chooser, this.microphone),
      textElement("p", t.text("uploader.limit", { size: t.size(limitBytes) }), "small"),
    );
    this.setCompact(false);
    this.#takeDroppedFiles();
  }

  /** Step back once there are recordings: the button to press next is the one that starts. */
  setCompact(isCompact) {
    this.element.classList.toggle("compact", isCompact);
    this.chooser.classList.toggle("primary", !isCompact);
    this.chooser.textContent = this.t.text(isCompact ? "uploader.add" : "uploader.choose");
  }

  choose() {
    this.input.click();
  }

  focus() {
    this.chooser.focus();
  }

  close() {
    this.#closed.abort();
  }

  #takeDroppedFiles() {
    const { signal } = this.#closed;
    const on = (name, act) => window.addEventListener(name, act, { signal });
    on("dragover", (event) => this.#over(event));
    on("dragleave", (event) => event.relatedTarget ?? this.#highlight(false));
    on("drop", (event) => this.#drop(event));
  }

  #over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // or the browser leaves the page to open the file
    this.#highlight(true);
  }

  #drop(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.#highlight(false);
    this.#add(event.dataTransfer.files);
  }

  #add(files) {
    if (files.length) this.onFiles([...files]);
    this.input.value = ""; // so that the same file can be chosen again
  }

  #highlight(isHighlighted) {
    this.element.classList.toggle("highlighted", isHighlighted);
  }
}
