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

  /** `save(index, {text or speaker})` returns the saved segment; `onSaved(segment)` gets it. */
  constructor({ jobId, save, onSaved }) {
    super();
    this.prefix = `reader:${jobId}:`;
    Object.assign(this, { save, onSaved });
  }

  isPending(index, field) {
    return this.#pending.has(nameOf(index, field));
  }

  /** Return what an earlier visit could not save, as [index, field, value] triples. */
  unsaved() {
    return this.#unsavedNames().map((name) => [
      ...placeOf(name), valueOf(name, localStorage.getItem(this.prefix + name)),
    ]);
  }

  /** Delete what an earlier visit could not save: the transcription no longer exists. */
  deleteUnsaved() {
    for (const name of this.#unsavedNames()) localStorage.removeItem(this.prefix + name);
  }

  /** Save a segment's `text`, or its `speaker` (an id, or null), soon. */
  add(index, field, value) {
    const name = nameOf(index, field);
    this.#pending.set(name, value ?? "");
    storeText(this.prefix + name, value ?? "");
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
      const [name, stored] = this.#pending.entries().next().value;
      const [index, field] = placeOf(name);
      try {
        const segment = await this.save(index, { [field]: valueOf(name, stored) });
        attempt = 0;
        this.#forget(name, stored);
        if (!this.#pending.has(name)) this.onSaved(segment);
      } catch (error) {
        if (error.isUnavailable) await this.#waitToRetry(attempt++);
        else this.#refuse(name, error);
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
  #refuse(name, error) {
    this.#pending.delete(name);
    this.#setState("refused", error);
  }

  /** Drop a saved value, unless it was changed while it was being saved. */
  #forget(name, stored) {
    if (this.#pending.get(name) !== stored) return;
    this.#pending.delete(name);
    if (localStorage.getItem(this.prefix + name) === stored) {
      localStorage.removeItem(this.prefix + name);
    }
  }

  #unsavedNames() {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => key.slice(this.prefix.length));
  }

  #setState(state, error = null) {
    Object.assign(this, { state, error });
    this.dispatchEvent(new Event("state"));
  }
}

/** Return the name of a correction in the browser's storage. */
function nameOf(index, field) {
  return field === "text" ? `${index}` : `${index}.${field}`;
}

/** Return the index of the segment, and which of its fields a correction changes. */
function placeOf(name) {
  const [index, field = "text"] = name.split(".");
  return [Number(index), field];
}

/** Return a stored correction; a speaker may be null, which the storage cannot hold. */
function valueOf(name, stored) {
  return name.includes(".") ? stored || null : stored;
}

function storeText(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // without storage, the correction is still saved to the backend
  }
}
