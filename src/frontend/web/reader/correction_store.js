// Corrections on their way to the backend. Until one is saved it lies in the browser's own
// storage, so that neither a reload nor a backend that is away loses it.

import { pause } from "./backend.js";

const QUIET_MS = 600;
const RETRY_MS = [1000, 2000, 4000, 8000];

/** Event: `state`, when `state` changed: `idle`, `saving`, `saved`, `retrying`, `refused`. */
export class CorrectionStore extends EventTarget {
  state = "idle";
  failure = null;
  #pending = new Map();
  #timer = null;
  #running = null;
  #woken = null;

  /** `correct(index, text)` saves one; `onSaved(segment)` is told what the backend answered. */
  constructor(jobId, correct, onSaved) {
    super();
    this.prefix = `reader:${jobId}:`;
    this.correct = correct;
    this.onSaved = onSaved;
  }

  isPending(index) {
    return this.#pending.has(index);
  }

  /** Return what an earlier visit could not save, as [index, text] pairs. */
  unsaved() {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => [Number(key.slice(this.prefix.length)), localStorage.getItem(key)]);
  }

  /** Forget what an earlier visit left: there is no such transcription any more. */
  deleteUnsaved() {
    for (const [index] of this.unsaved()) localStorage.removeItem(this.prefix + index);
  }

  add(index, text) {
    this.#pending.set(index, text);
    keep(this.prefix + index, text);
    this.#become("saving");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), QUIET_MS);
  }

  /** Save at once what waits; the promise is kept when all is saved, or cannot be. */
  flush() {
    clearTimeout(this.#timer);
    this.#woken?.abort();
    if (!this.#pending.size) return this.#running ?? Promise.resolve();
    this.#running ??= this.#saveAll().finally(() => (this.#running = null));
    return this.#running;
  }

  async #saveAll() {
    let attempt = 0;
    for (const [index, text] of this.#endlessly()) {
      try {
        const segment = await this.correct(index, text);
        attempt = 0;
        this.#forget(index, text);
        if (!this.#pending.has(index)) this.onSaved(segment);
      } catch (failure) {
        if (failure.isUnavailable) await this.#waitToRetry(attempt++);
        else this.#refuse(index, failure);
      }
    }
    if (this.state !== "refused") this.#become("saved");
  }

  #waitToRetry(attempt) {
    this.#become("retrying");
    this.#woken = new AbortController();
    return pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], this.#woken.signal);
  }

  /** It stays in the browser's storage, for the next visit to try. */
  #refuse(index, failure) {
    this.#pending.delete(index);
    this.#become("refused", failure);
  }

  *#endlessly() {
    while (this.#pending.size) yield this.#pending.entries().next().value;
  }

  #forget(index, text) {
    if (this.#pending.get(index) !== text) return;
    this.#pending.delete(index);
    if (localStorage.getItem(this.prefix + index) === text) {
      localStorage.removeItem(this.prefix + index);
    }
  }

  #become(state, failure = null) {
    [this.state, this.failure] = [state, failure];
    this.dispatchEvent(new Event("state"));
  }
}

function keep(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // no room, or none allowed: it is still saved to the backend
  }
}
