// Saves corrections to the backend. Until one is saved, the browser's storage keeps it, so that
// neither a reload nor an unavailable backend loses it.

import { sleep } from "./backend.js";

const QUIET_MS = 600;
const RETRY_MS = [1000, 2000, 4000, 8000];

/** Event: `state`, when `state` changed: `idle`, `saving`, `saved`, `retrying`, `refused`. */
export class CorrectionStore extends EventTarget {
  state = "idle";
  error = null;
  #pending = new Map();
  #timer = null;
  #saving = null;
  #retryNow = null;

  /** `save(index, text)` sends one and returns its segment; `onSaved(segment)` gets that. */
  constructor({ jobId, save, onSaved }) {
    super();
    this.prefix = `reader:${jobId}:`;
    Object.assign(this, { save, onSaved });
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

  /** Delete what an earlier visit could not save: the transcription no longer exists. */
  deleteUnsaved() {
    for (const [index] of this.unsaved()) localStorage.removeItem(this.prefix + index);
  }

  add(index, text) {
    this.#pending.set(index, text);
    storeText(this.prefix + index, text);
    this.#setState("saving");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), QUIET_MS);
  }

  /** Save at once; resolves when everything is saved or refused. */
  flush() {
    clearTimeout(this.#timer);
    this.#retryNow?.abort();
    if (!this.#pending.size) return this.#saving ?? Promise.resolve();
    this.#saving ??= this.#saveAll().finally(() => (this.#saving = null));
    return this.#saving;
  }

  async #saveAll() {
    let attempt = 0;
    while (this.#pending.size) {
      const [index, text] = this.#pending.entries().next().value;
      try {
        const segment = await this.save(index, text);
        attempt = 0;
        this.#forget(index, text);
        if (!this.#pending.has(index)) this.onSaved(segment);
      } catch (error) {
        if (error.isUnavailable) await this.#waitToRetry(attempt++);
        else this.#refuse(index, error);
      }
    }
    if (this.state !== "refused") this.#setState("saved");
  }

  #waitToRetry(attempt) {
    this.#setState("retrying");
    this.#retryNow = new AbortController();
    return sleep(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], this.#retryNow.signal);
  }

  /** Give up for now; the browser's storage keeps it for the next visit. */
  #refuse(index, error) {
    this.#pending.delete(index);
    this.#setState("refused", error);
  }

  /** Drop a saved text, unless it was changed while it was being saved. */
  #forget(index, text) {
    if (this.#pending.get(index) !== text) return;
    this.#pending.delete(index);
    if (localStorage.getItem(this.prefix + index) === text) {
      localStorage.removeItem(this.prefix + index);
    }
  }

  #setState(state, error = null) {
    Object.assign(this, { state, error });
    this.dispatchEvent(new Event("state"));
  }
}

function storeText(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // without storage, the correction is still saved to the backend
  }
}
