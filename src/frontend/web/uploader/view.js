// The uploader: where recordings are added, and the list of them.

import { element } from "../common/elements.js";
import { DropZone } from "./drop_zone.js";
import { MicrophonePanel } from "./microphone_panel.js";
import { UploadRow } from "./upload_row.js";

export class View {
  onReport = () => {};
  #rows = new Map();
  #announced = "";
  #reported = "";
  #closed = new AbortController();

  constructor({ root, queue, t, limitBytes }) {
    Object.assign(this, { root, queue, t });
    this.microphone = new MicrophonePanel({
      t,
      onRecording: (file) => queue.add([file], { isRecorded: true }),
      onOpen: (isOpen) => this.zone.element.classList.toggle("away", isOpen),
    });
    this.zone = new DropZone({
      t,
      limitBytes,
      onFiles: (files) => queue.add(files),
      onMicrophone: () => this.microphone.open(),
    });
    this.list = element("ul", { "aria-label": t.text("uploader.list") });
    this.status = element("p", { className: "visually-hidden", role: "status" });
    root.replaceChildren(this.zone.element, this.microphone.element, this.list, this.status);
    const { signal } = this.#closed;
    queue.addEventListener("list", () => this.showList(), { signal });
    queue.addEventListener("state", () => this.#report(), { signal });
  }

  /** `normalization`: its options as a query; `failures`: problems by upload id. */
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
    this.zone.setCompact(uploads.length > 0);
    this.#report();
  }

  close() {
    this.#closed.abort();
    this.zone.close();
    this.microphone.leave();
    this.#rows.forEach((row) => row.close());
  }

  #add(upload) {
    const row = new UploadRow({
      t: this.t,
      upload,
      onChoose: () => this.zone.choose(),
      onResume: () => this.queue.resume(upload),
      onRemove: () => this.#remove(upload),
      onChange: () => this.#report(),
    });
    this.#rows.set(upload, row);
    this.list.append(row.element);
  }

  #remove(upload) {
    this.queue.remove(upload);
    this.zone.focus();
  }

  /** Add up the waits: the recordings start together and are transcribed one after the other. */
  #showEstimates() {
    let waitS = 0;
    for (const row of this.#rows.values()) waitS = row.showEstimate(waitS);
  }

  /** Report the uploads to Streamlit, and announce a change to screen readers. */
  #report() {
    this.#showEstimates();
    const { readyIds, nUploading } = this.queue;
    const text = this.t.text("uploader.status", { ready: readyIds.length, left: nUploading });
    if (text !== this.#announced && this.queue.uploads.length) this.status.textContent = text;
    this.#announced = text;
    const uploads = { ready: readyIds, n_uploading: nUploading };
    const report = JSON.stringify(uploads);
    if (report === this.#reported) return;
    this.#reported = report;
    this.onReport(uploads);
  }
}
