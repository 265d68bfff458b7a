// The whole of the uploader: where recordings come in, and those that have come.

import { element } from "../common/elements.js";
import { Words } from "../common/words.js";
import { DropZone } from "./drop_zone.js";
import { MicrophonePanel } from "./microphone_panel.js";
import { Row } from "./row.js";

export class View {
  #rows = new Map();
  #told = "";
  #reported = "";
  #listening = new AbortController();

  constructor(root, shelf, { language, labels, limit_bytes: limit }) {
    Object.assign(this, { root, shelf, language, words: new Words(language, labels) });
    this.microphone = new MicrophonePanel(this.words, {
      onRecording: (file) => shelf.add([file], { isRecorded: true }),
      onOpen: (isOpen) => this.zone.element.classList.toggle("away", isOpen),
    });
    this.zone = new DropZone(this.words, {
      limit,
      onFiles: (files) => shelf.add(files),
      onMicrophone: () => this.microphone.open(),
    });
    this.list = element("ul", { "aria-label": this.words.say("uploader.list") });
    this.status = element("p", { className: "unseen", role: "status" });
    root.replaceChildren(this.zone.element, this.microphone.element, this.list, this.status);
    const { signal } = this.#listening;
    shelf.addEventListener("list", () => this.showList(), { signal });
    shelf.addEventListener("state", () => this.#tell(), { signal });
  }

  update({ normalization, failures }) {
    Object.assign(this, { normalization, failures });
    this.showList();
  }

  showList() {
    const { uploads } = this.shelf;
    for (const [upload, row] of this.#rows) {
      if (uploads.includes(upload)) continue;
      row.close();
      this.#rows.delete(upload);
    }
    for (const upload of uploads) {
      if (!this.#rows.has(upload)) this.#add(upload);
      this.#rows.get(upload).update(this.normalization, this.failures[upload.id] ?? null);
    }
    this.zone.element.classList.toggle("compact", uploads.length > 0);
    this.#tell();
  }

  close() {
    this.#listening.abort();
    this.zone.close();
    this.microphone.leave();
    this.#rows.forEach((row) => row.close());
  }

  #add(upload) {
    const row = new Row(this.words, upload, {
      isAlone: () => this.shelf.uploads.length === 1,
      onChoose: () => this.zone.choose(),
      onProceed: () => this.shelf.proceed(upload),
      onRemove: () => this.#remove(upload),
      onChange: () => this.#tell(),
    });
    this.#rows.set(upload, row);
    this.list.append(row.element);
  }

  #remove(upload) {
    this.shelf.remove(upload);
    this.zone.focus();
  }

  /** They are transcribed one after the other, all from the same press of the button. */
  #showEstimates() {
    let waitS = 0;
    for (const row of this.#rows.values()) waitS = row.showEstimate(waitS);
  }

  /** Tell Streamlit what is there, and who listens what has changed. */
  #tell() {
    this.#showEstimates();
    const { readyIds, nUnderWay } = this.shelf;
    const uploads = { ready: readyIds, n_under_way: nUnderWay };
    const said = this.words.say("uploader.status", { ready: readyIds.length, left: nUnderWay });
    if (said !== this.#told && this.shelf.uploads.length) this.status.textContent = said;
    this.#told = said;
    const report = JSON.stringify(uploads);
    if (report === this.#reported) return;
    this.#reported = report;
    this.report?.(uploads);
  }
}
