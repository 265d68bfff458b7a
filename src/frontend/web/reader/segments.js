// The segments of the transcript, and events for their changes.

/**
 * Events: `reset` (all are removed), `added`, `replaced` with {position, removed, added} as detail
 * (other segments came in place of some), and `changed` with {position, field, origin}; `field`
 * is `text`, `speaker`, or null if any may have changed.
 * A segment's position is its place in the transcript; its `index` is the backend's name for it,
 * which stays while other segments are split or joined.
 */
export class Segments extends EventTarget {
  #rows = [];
  #showsRaw = false;

  get length() {
    return this.#rows.length;
  }

  at(position) {
    return this.#rows[position];
  }

  /** Whether the model's own words are shown, which cannot be edited. */
  get showsRaw() {
    return this.#showsRaw;
  }

  set showsRaw(showsRaw) {
    if (this.#showsRaw === showsRaw) return;
    this.#showsRaw = showsRaw;
    this.#rows.forEach((_, position) => this.#notify(position, null, "shown"));
  }

  /** Whether any text is not as the model wrote it. */
  get hasRaw() {
    return this.#rows.some(({ text, rawText }) => text !== rawText);
  }

  /** Return the text that is shown of a segment, with its words. */
  shown(position) {
    const { start, text, rawText, words } = this.#rows[position];
    if (!this.#showsRaw) return { start, text, words };
    const spoken = words.map((each) => ({ ...each, word: each.spoken ?? each.word }));
    return { start, text: rawText, words: spoken };
  }

  [Symbol.iterator]() {
    return this.#rows[Symbol.iterator]();
  }

  /** Return the position of the segment that the backend knows by an index, or -1. */
  positionOf(index) {
    if (this.#rows[index]?.index === index) return index;
    return this.#rows.findIndex((row) => row.index === index);
  }

  texts() {
    return this.#rows.map((row) => row.text);
  }

  /** Replace the segments that are there already, and append the rest. */
  load(segments) {
    const isSame = ({ index, start }, position) =>
      segments[position]?.index === index && segments[position].start === start;
    if (!this.#rows.every(isSame)) {
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

  /** Put segments of the backend in place of some. */
  replace(position, removed, segments) {
    this.#rows.splice(position, removed, ...segments.map(fromBackend));
    const detail = { position, removed, added: segments.length };
    this.dispatchEvent(new CustomEvent("replaced", { detail }));
  }

  /** Append a segment, or put it in place of the one that came before. */
  add(segment) {
    const position = this.positionOf(segment.index);
    if (position >= 0) {
      this.#rows[position] = fromBackend(segment);
      this.#notify(position, null, "loaded");
      return;
    }
    this.#append(segment);
    this.dispatchEvent(new CustomEvent("added"));
  }

  #append(segment) {
    this.#rows.push(fromBackend(segment));
  }

  /** Take over what the backend says of a saved segment; its text stays that of the page. */
  confirm(segment) {
    const position = this.positionOf(segment.index);
    if (position < 0) return;
    const row = this.#rows[position];
    row.unsure = segment.unsure ?? [];
    row.unsureWords = segment.unsure_words ?? [];
    this.#notify(position, null, "saved");
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
    index: segment.index,
    start: segment.start,
    end: segment.end,
    text: segment.text.trim(),
    modelText: (segment.original_text ?? segment.text).trim(),
    rawText: (segment.raw_text ?? segment.original_text ?? segment.text).trim(),
    speaker: segment.speaker ?? null,
    words: segment.words ?? [],
    unsure: segment.unsure ?? [],
    unsureWords: segment.unsure_words ?? [],
    get isCorrected() {
      return this.text !== this.modelText;
    },
  };
}
