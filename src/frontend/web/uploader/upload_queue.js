// The recordings of this visit: which come, which go up (one at a time), which are there.

import { forgetUpload, isSameFile, resumableUploads } from "./upload_store.js";
import { offsetOf } from "./tus.js";
import { State, Upload } from "./upload.js";

const UNDER_WAY = [State.WAITING, State.SENDING];

/** Tells `list` when recordings come or go, `state` when one of them has changed. */
export class UploadQueue extends EventTarget {
  uploads = [];
  limitBytes = Infinity;

  get readyIds() {
    const isReady = ({ state, isUnusable }) => state === State.READY && !isUnusable;
    return this.uploads.filter(isReady).map(({ id }) => id);
  }

  get nUnderWay() {
    return this.uploads.filter(({ state }) => UNDER_WAY.includes(state)).length;
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

  /** Put away what has become a job. */
  removeStarted(ids) {
    const isJob = ({ id }) => ids.includes(id);
    if (!this.uploads.some(isJob)) return;
    ids.forEach(forgetUpload);
    this.uploads = this.uploads.filter((upload) => !isJob(upload));
    this.dispatchEvent(new Event("list"));
  }

  resume(upload) {
    upload.setState(State.WAITING);
    this.#sendNext();
  }

  /** Take up what an earlier visit left, as far as the backend still has it. */
  async restore() {
    for (const left of resumableUploads()) {
      const offset = await offsetOf(left.id);
      if (offset === null) forgetUpload(left.id);
      if (!Number.isInteger(offset) || this.uploads.some(({ id }) => id === left.id)) continue;
      const upload = this.#put(new Upload(left));
      Object.assign(upload, { id: left.id, sent: offset });
      upload.setState(offset === left.size ? State.READY : State.NEEDS_FILE);
    }
    this.dispatchEvent(new Event("list"));
  }

  #addFile(file, isRecorded) {
    const isLost = (upload) => upload.state === State.NEEDS_FILE && isSameFile(upload, file);
    const lost = this.uploads.find(isLost);
    if (lost) {
      lost.file = file;
      lost.setState(State.WAITING);
      return;
    }
    const { name, size, lastModified } = file;
    const upload = this.#put(new Upload({ name, size, lastModified, file, isRecorded }));
    if (size > this.limitBytes) upload.setState(State.TOO_LARGE, { limitBytes: this.limitBytes });
  }

  #put(upload) {
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
