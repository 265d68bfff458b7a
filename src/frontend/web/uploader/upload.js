// One recording on its way to the backend.

import { parseProblem } from "../common/problems.js";
import { TusUpload, terminate } from "./tus.js";
import { UploadSpeed } from "./upload_speed.js";
import { forgetUpload, storeUpload } from "./upload_store.js";

const STORE_INTERVAL_MS = 5_000;

/** `NEEDS_FILE`: after a reload, until the user chooses the file again. */
export const State = Object.freeze({
  TOO_LARGE: "too_large",
  NEEDS_FILE: "needs_file",
  WAITING: "waiting",
  SENDING: "sending",
  PAUSED: "paused",
  FAILED: "failed",
  READY: "ready",
});

/** Events: `state`, when its state changed; `progress`, when bytes were sent. */
export class Upload extends EventTarget {
  state = State.WAITING;
  id = null;
  sentBytes = 0;
  isRetrying = false;
  problem = null;
  /** Whether the backend found that it cannot be transcribed. */
  isUnusable = false;
  #tus = null;
  #stop = new AbortController();
  #speed = new UploadSpeed();
  #storedAt = 0;

  /** `isRecorded`: by the microphone, so that there is no file to choose again. */
  constructor({ name, size, lastModified, file = null, isRecorded = false }) {
    super();
    Object.assign(this, { name, size, lastModified, file, isRecorded });
  }

  get bytesPerSecond() {
    return this.#speed.bytesPerSecond;
  }

  get secondsLeft() {
    return this.bytesPerSecond ? (this.size - this.sentBytes) / this.bytesPerSecond : null;
  }

  setState(state, problem = null) {
    this.state = state;
    this.problem = problem;
    this.isRetrying = false;
    this.#speed.reset();
    this.dispatchEvent(new Event("state"));
  }

  async send() {
    this.#tus ??= this.#newTus();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.setState(State.SENDING);
    try {
      await this.#tus.send(signal);
      this.#onSuccess();
    } catch ({ status = 0, body = "" }) {
      if (!signal.aborted) this.setState(State.FAILED, parseProblem(status, body));
    }
  }

  pause() {
    this.#stop.abort();
    this.setState(State.PAUSED);
  }

  /** Stop it, and delete it here and on the server. */
  async remove() {
    this.#stop.abort();
    if (!this.id) return;
    forgetUpload(this.id);
    await terminate(this.id);
  }

  #newTus() {
    return new TusUpload({
      file: this.file,
      id: this.id,
      name: this.name,
      onCreated: (id) => this.#onCreated(id),
      onProgress: (sentBytes) => this.#onProgress(sentBytes),
      onRetry: () => this.#onRetry(),
    });
  }

  #onCreated(id) {
    if (this.id) forgetUpload(this.id); // the server no longer had it
    this.id = id;
    this.#store();
  }

  #onProgress(sentBytes) {
    if (sentBytes < this.sentBytes) this.#speed.reset(); // less has arrived than was sent
    this.sentBytes = sentBytes;
    this.isRetrying = false;
    this.#speed.add(sentBytes);
    if (Date.now() - this.#storedAt > STORE_INTERVAL_MS) this.#store();
    this.dispatchEvent(new Event("progress"));
  }

  #onRetry() {
    this.isRetrying = true;
    this.dispatchEvent(new Event("progress"));
  }

  #onSuccess() {
    this.sentBytes = this.size;
    this.#store();
    this.setState(State.READY);
  }

  #store() {
    if (this.isRecorded && this.sentBytes < this.size) return;
    this.#storedAt = Date.now();
    storeUpload(this);
  }
}
