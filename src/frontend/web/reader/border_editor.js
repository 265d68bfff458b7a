// Splits segments, joins them and moves the border between two: in the backend first, since a half
// has another index, then on the page. Each is a step of undo, whose opposite is a border too.

/** Segments are named by position; a split counts in code points, as the backend does. */
export class BorderEditor {
  isAllowed = false;
  #isBusy = false;

  /** `change(index, action, body)` asks the backend; `beforeChange()` resolves once all is saved. */
  constructor({ t, segments, transcript, undoHistory, change, beforeChange, onMessage, onError }) {
    Object.assign(this, {
      t, segments, transcript, undoHistory, change, beforeChange, onMessage, onError,
    });
    segments.addEventListener("reset", () => undoHistory.clear());
  }

  /** Split a segment's text at an offset; resolve to whether it was split. */
  async split(position, offset) {
    const { text, words } = this.segments.at(position);
    if (words.length < 2) return this.#refuse();
    const point = { text_offset: codePoints(text.slice(0, offset)) };
    return this.#record(position, { action: "split", point }, () => ({ action: "join" }));
  }

  /** Join a segment with the next one. */
  async join(position) {
    if (position < 0 || position + 1 >= this.segments.length) return false;
    const [first, second] = [this.segments.at(position), this.segments.at(position + 1)];
    const point = { text_offset: codePoints(first.text) };
    if (first.words.length && second.words.length) point.word = first.words.length;
    const before = [valuesOf(first), valuesOf(second)];
    return this.#record(position, { action: "join" }, () => ({ action: "split", point, before }));
  }

  /** Move words over the border to the next segment: 1 takes its first word, -1 gives the last. */
  async move(position, step) {
    return this.moveTo(position, (this.segments.at(position)?.words.length ?? 0) + step);
  }

  /** Let the next segment begin with a word, counted from 0 over both segments. */
  async moveTo(position, word) {
    if (position < 0 || position + 1 >= this.segments.length) return false;
    const [first, second] = [this.segments.at(position), this.segments.at(position + 1)];
    const isInside = word >= 1 && word < first.words.length + second.words.length;
    if (!isInside || !second.words.length) return this.#refuse();
    const before = [valuesOf(first), valuesOf(second)];
    const back = { action: "border", point: { word: first.words.length }, before };
    return this.#record(position, { action: "border", point: { word } }, () => back);
  }

  /** Do what a step of undo or redo says. */
  async apply(position, value) {
    if (await this.#run(position, value)) this.transcript.focus(position);
    else this.undoHistory.clear();
  }

  async #record(position, value, opposite) {
    if (!(await this.#run(position, value))) return false;
    const step = { position, field: "borders", before: opposite(), after: value };
    this.undoHistory.record([step]);
    this.transcript.focus(position);
    return true;
  }

  async #run(position, { action, point, before }) {
    if (!this.isAllowed || this.#isBusy) return false;
    this.#isBusy = true;
    try {
      await this.beforeChange();
      const { index } = this.segments.at(position);
      const { items } = await this.change(index, action, point);
      const removed = action === "split" ? 1 : 2;
      this.transcript.row(position + removed - 1); // so that all that is replaced is drawn
      this.segments.replace(position, removed, items);
      this.#restore(position, before ?? []);
      this.onMessage(this.t.text(`borders.${action}_done`));
      return true;
    } catch (error) {
      this.onError(error);
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Set what the backend cannot know of: another speaker, or words on the other side. */
  #restore(position, values) {
    for (const [place, value] of values.entries()) {
      for (const field of ["text", "speaker"]) {
        this.segments.set(position + place, field, value[field], "undo");
      }
    }
  }

  #refuse() {
    this.onMessage(this.t.text("borders.too_few_words"));
    return false;
  }
}

function valuesOf({ text, speaker }) {
  return { text, speaker };
}

function codePoints(text) {
  return [...text].length;
}
