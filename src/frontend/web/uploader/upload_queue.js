// The recordings of this visit. One is sent at a time.

import { offsetOf } from "./tus.js";
import { State, Upload } from "./upload.js";
import { forgetUpload, isSameFile, resumableUploads } from "./upload_store.js";

const UPLOADING = [State.WAITING, State.SENDING];

/** Events: `list`, when uploads are added or removed; `state`, when one of them changed. */
export class UploadQueue extends EventTarget {
  uploads = [];
  limitBytes = Infinity;

  get readyIds() {
    const isReady = ({ state, isUnusable }) => state === State.READY && !isUnusable;
    return this.uploads.filter(isReady).map(({ id }) => id);
  }

  get nUploading() {
    return this.uploads.filter(({ state }) => UPLOADING.includes(state)).length;
  }

  add(files, { isRecorded = false } = {}) {
    for (const file of files) this.#addFile(file, isRecorded);
    this.dispatchEvent(new Event("list"));
    this.#sendNext();
  }

  remove(upload) {
    this.uploads = this.uploads.filter((each) => each !== upload);
    upload.remove();
    this.dispatchEvent(new Event("list"));
    this.#sendNext();
  }

  /** Drop the uploads that have become jobs. */
  removeStarted(ids) {
    const isStarted = ({ id }) => ids.includes(id);
    if (!this.uploads.some(isStarted)) return;
    ids.forEach(forgetUpload);
    this.uploads = this.uploads.filter((upload) => !isStarted(upload));
    this.dispatchEvent(new Event("list"));
  }

  resume(upload) {
    upload.setState(State.WAITING);
    this.#sendNext();
  }

  /** Add the uploads of an earlier visit that the server still has. */
  async restore() {
    for (const stored of resumableUploads()) {
      const offset = await offsetOf(stored.id);
      if (offset === null) forgetUpload(stored.id);
      if (!Number.isInteger(offset) || this.uploads.some(({ id }) => id === stored.id)) continue;
      const upload = this.#append(new Upload(stored));
      Object.assign(upload, { id: stored.id, sentBytes: offset });
      upload.setState(offset === stored.size ? State.READY : State.NEEDS_FILE);
    }
    this.dispatchEvent(new Event("list"));
  }

  #addFile(file, isRecorded) {
    const isMatch = (upload) => upload.state === State.NEEDS_FILE && isSameFile(upload, file);
    const interrupted = this.uploads.find(isMatch);
    if (interrupted) {
      interrupted.file = file;
      interrupted.setState(State.WAITING);
      return;
    }
    const { name, size, lastModified } = file;
    const upload = this.#append(new Upload({ name, size, lastModified, file, isRecorded }));
    if (size > this.limitBytes) upload.setState(State.TOO_LARGE, { limitBytes: this.limitBytes });
  }

  #append(upload) {
    this.uploads.push(upload);
    upload.addEventListener("state", () => {
      this.dispatchEvent(new Event("state"));
      this.#sendNext();
    });
    return upload;
  }

  #sendNext() {
    if (this.uploads.some(({ state }) => state === State.SENDING)) return;
    this.uploads.find(({ state }) => state === State.WAITING)?.send();
  }
}
