// One recording on its way to the backend, by tus.

import { parseProblem } from "../common/problems.js";
import { forgetUpload, storeUpload } from "./upload_store.js";
import { UploadSpeed } from "./upload_speed.js";
import { TusUpload, terminate } from "./tus.js";

const REMEMBER_MS = 5_000;

/** Where an upload can be. `lost`: after a reload, until its file is chosen again. */
export const State = Object.freeze({
  TOO_LARGE: "too_large",
  NEEDS_FILE: "needs_file",
  WAITING: "waiting",
  SENDING: "sending",
  PAUSED: "paused",
  FAILED: "failed",
  READY: "ready",
});

export class Upload extends EventTarget {
  state = State.WAITING;
  id = null;
  sent = 0;
  isRetrying = false;
  problem = null;
  /** Whether the backend has found that it is no recording. */
  isUnusable = false;
  #tus = null;
  #sending = new AbortController();
  #speed = new UploadSpeed();
  #remembered = 0;

  /** `isRecorded`: by the microphone, so that there is no file to choose again. */
  constructor({ name, size, lastModified, file = null, isRecorded = false }) {
    super();
    Object.assign(this, { name, size, lastModified, file, isRecorded });
  }

  get bytesPerSecond() {
    return this.#speed.bytesPerSecond;
  }

  get secondsLeft() {
    return this.bytesPerSecond ? (this.size - this.sent) / this.bytesPerSecond : null;
  }

  setState(state, problem = null) {
    this.state = state;
    this.problem = problem;
    this.isRetrying = false;
    this.#speed.forget();
    this.dispatchEvent(new Event("state"));
  }

  async send() {
    this.#tus ??= this.#newTus();
    this.#sending = new AbortController();
    const { signal } = this.#sending;
    this.setState(State.SENDING);
    try {
      await this.#tus.send(signal);
      this.#onSuccess();
    } catch ({ status = 0, body = "" }) {
      if (!signal.aborted) this.setState(State.FAILED, parseProblem(status, body));
    }
  }

  pause() {
    this.#sending.abort();
    this.setState(State.PAUSED);
  }

  /** Give it up, here and at the backend. */
  async remove() {
    this.#sending.abort();
    if (!this.id) return;
    forgetUpload(this.id);
    await terminate(this.id);
  }

  #newTus() {
    return new TusUpload(this.file, {
      id: this.id,
      name: this.name,
      onCreated: (id) => this.#onCreated(id),
      onProgress: (sent) => this.#onProgress(sent),
      onRetry: () => this.#onRetry(),
    });
  }

  #onCreated(id) {
    if (this.id) forgetUpload(this.id); // the backend no longer had it
    this.id = id;
    this.#remember();
  }

  #onProgress(sent) {
    if (sent < this.sent) this.#speed.forget(); // less has arrived than has gone
    this.sent = sent;
    this.isRetrying = false;
    this.#speed.note(sent);
    if (Date.now() - this.#remembered > REMEMBER_MS) this.#remember();
    this.dispatchEvent(new Event("progress"));
  }

  #onRetry() {
    this.isRetrying = true;
    this.dispatchEvent(new Event("progress"));
  }

  #onSuccess() {
    this.sent = this.size;
    this.#remember();
    this.setState(State.READY);
  }

  #remember() {
    if (this.isRecorded && this.sent < this.size) return;
    this.#remembered = Date.now();
    storeUpload(this);
  }
}
