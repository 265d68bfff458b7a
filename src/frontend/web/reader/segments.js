// The segments of the transcript, and events for their changes.

/**
 * Events: `reset` (all are removed), `added`, and `changed` with {position, field, origin} as
 * detail; `field` is `text`, `speaker`, or null if any may have changed.
 * A segment's position is its index in the transcript.
 */
export class Segments extends EventTarget {
  #rows = [];

  get length() {
    return this.#rows.length;
  }

  at(position) {
    return this.#rows[position];
  }

  [Symbol.iterator]() {
    return this.#rows[Symbol.iterator]();
  }

  texts() {
    return this.#rows.map((row) => row.text);
  }

  /** Replace the segments that are there already, and append the rest. */
  load(segments) {
    if (segments.length < this.length) {
      this.#rows = [];
      this.dispatchEvent(new CustomEvent("reset"));
    }
    segments.slice(0, this.length).forEach((segment, position) => {
      this.#rows[position] = fromBackend(segment);
      this.#notify(position, null, "loaded");
    });
    segments.slice(this.length).forEach((segment) => this.#append(segment));
    this.dispatchEvent(new CustomEvent("added"));
  }

  /** Append a segment, unless it came before. */
  add(segment) {
    if (segment.index < this.length) return;
    this.#append(segment);
    this.dispatchEvent(new CustomEvent("added"));
  }

  #append(segment) {
    this.#rows.push(fromBackend(segment));
  }

  /** Take over what the backend says of a saved segment; its text stays that of the page. */
  confirm(segment) {
    const row = this.#rows[segment.index];
    row.unsure = segment.unsure ?? [];
    row.unsureWords = segment.unsure_words ?? [];
    this.#notify(segment.index, null, "saved");
  }

  /**
   * Set the `text` or the `speaker` (an id, or null). `origin`: `typing`, `undo`, `replace`,
   * `restore`, `assign`, `unsaved` or `tab`.
   */
  set(position, field, value, origin) {
    if (this.#rows[position][field] === value) return;
    this.#rows[position][field] = value;
    this.#notify(position, field, origin);
  }

  #notify(position, field, origin) {
    this.dispatchEvent(new CustomEvent("changed", { detail: { position, field, origin } }));
  }
}

function fromBackend(segment) {
  return {
    start: segment.start,
    end: segment.end,
    text: segment.text.trim(),
    modelText: (segment.original_text ?? segment.text).trim(),
    speaker: segment.speaker ?? null,
    words: segment.words ?? [],
    unsure: segment.unsure ?? [],
    unsureWords: segment.unsure_words ?? [],
    get isCorrected() {
      return this.text !== this.modelText;
    },
  };
}
