// The whole of the uploader: where recordings come in, and those that have come.

import { element } from "../common/elements.js";
import { Translator } from "../common/translator.js";
import { DropZone } from "./drop_zone.js";
import { MicrophonePanel } from "./microphone_panel.js";
import { UploadRow } from "./upload_row.js";

export class View {
  #rows = new Map();
  #told = "";
  #reported = "";
  #listening = new AbortController();

  constructor(root, queue, { language, labels, limit_bytes: limit }) {
    Object.assign(this, { root, queue, language, t: new Translator(language, labels) });
    this.microphone = new MicrophonePanel(this.t, {
      onRecording: (file) => queue.add([file], { isRecorded: true }),
      onOpen: (isOpen) => this.zone.element.classList.toggle("away", isOpen),
    });
    this.zone = new DropZone(this.t, {
      limit,
      onFiles: (files) => queue.add(files),
      onMicrophone: () => this.microphone.open(),
    });
    this.list = element("ul", { "aria-label": this.t.text("uploader.list") });
    this.status = element("p", { className: "unseen", role: "status" });
    root.replaceChildren(this.zone.element, this.microphone.element, this.list, this.status);
    const { signal } = this.#listening;
    queue.addEventListener("list", () => this.showList(), { signal });
    queue.addEventListener("state", () => this.#tell(), { signal });
  }

  update({ normalization, failures }) {
    Object.assign(this, { normalization, failures });
    this.showList();
  }

  showList() {
    const { uploads } = this.queue;
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
    const row = new UploadRow(this.t, upload, {
      isAlone: () => this.queue.uploads.length === 1,
      onChoose: () => this.zone.choose(),
      onResume: () => this.queue.resume(upload),
      onRemove: () => this.#remove(upload),
      onChange: () => this.#tell(),
    });
    this.#rows.set(upload, row);
    this.list.append(row.element);
  }

  #remove(upload) {
    this.queue.remove(upload);
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
    const { readyIds, nUnderWay } = this.queue;
    const uploads = { ready: readyIds, n_uploading: nUnderWay };
    const said = this.t.text("uploader.status", { ready: readyIds.length, left: nUnderWay });
    if (said !== this.#told && this.queue.uploads.length) this.status.textContent = said;
    this.#told = said;
    const report = JSON.stringify(uploads);
    if (report === this.#reported) return;
    this.#reported = report;
    this.report?.(uploads);
  }
}
