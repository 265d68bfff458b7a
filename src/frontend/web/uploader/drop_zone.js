// Where files come in: dropped anywhere on the page, or chosen.

import { element, icon, textButton, textElement } from "../common/elements.js";

export class DropZone {
  constructor(words, { limit, onFiles, onMicrophone }) {
    this.onFiles = onFiles;
    this.input = element("input", { type: "file", multiple: true, hidden: true });
    this.input.addEventListener("change", () => this.#take(this.input.files));
    this.chooser = textButton(words.say("uploader.choose"), () => this.choose(), {
      className: "primary",
    });
    this.microphone = textButton(words.say("uploader.record"), onMicrophone, {
      picture: "microphone",
    });
    this.element = element(
      "div",
      { className: "zone", role: "group", "aria-label": words.say("uploader.zone") },
      this.input,
      icon("upload"),
      textElement("p", words.say("uploader.drop"), "drop"),
      element("div", { className: "actions" }, this.chooser, this.microphone),
      textElement("p", words.say("uploader.limit", { size: words.size(limit) }), "small"),
    );
    this.#listen();
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

  #listen() {
    this.listening = new AbortController();
    const { signal } = this.listening;
    const on = (name, act) => window.addEventListener(name, act, { signal });
    on("dragover", (event) => this.#over(event));
    on("dragleave", (event) => event.relatedTarget ?? this.#lit(false));
    on("drop", (event) => this.#drop(event));
  }

  #over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // else the browser would open the file in the page's place
    this.#lit(true);
  }

  #drop(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.#lit(false);
    this.#take(event.dataTransfer.files);
  }

  #take(files) {
    if (files.length) this.onFiles([...files]);
    this.input.value = ""; // the same file can be chosen again
  }

  #lit(isLit) {
    this.element.classList.toggle("lit", isLit);
  }
}
