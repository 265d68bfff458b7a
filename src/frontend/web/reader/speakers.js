// The speakers of the transcript: their names, numbers and shares of the talk.

const QUIET_MS = 100;

/** Ids that the backend accepts. */
const MAX_NUMBER = 999;

/** Colours of the style sheet; the number and the name tell speakers apart as well. */
const N_COLOURS = 8;

/** Event: `changed`, when the list, or a name or share in it, is another. */
export class Speakers extends EventTarget {
  #names = new Map();
  #merged = new Map();
  #suggestions = new Map();
  #list = [];
  #timer = 0;

  constructor({ t, segments }) {
    super();
    Object.assign(this, { t, segments });
    segments.addEventListener("added", () => this.#countSoon());
    segments.addEventListener("reset", () => this.#countSoon());
    segments.addEventListener("replaced", () => this.#countSoon());
    segments.addEventListener("changed", ({ detail: { field } }) => {
      if (field !== "text") this.#countSoon();
    });
  }

  /** Take over the backend's `speakers`: names, merges, and whose voices they may have. */
  load(speakers) {
    this.#names = new Map(speakers.map(({ id, name }) => [id, name]));
    this.#merged = new Map(speakers.map(({ id, merged }) => [id, merged ?? []]));
    this.#suggestions = new Map(speakers.map(({ id, suggestion }) => [id, suggestion]));
    this.#count();
  }

  /**
   * Return all speakers by number, as {id, number, label, name, merged, suggestion, seconds,
   * share}; `suggestion` is {name, certainty} or null.
   */
  get list() {
    return this.#list;
  }

  /** Return the name, or else "Speaker 1". */
  labelOf(id) {
    return this.#names.get(id) ?? this.t.text("speaker.unnamed", { number: numberOf(id) });
  }

  /** Return the id to give a phrase to, or null: of a known speaker, or of the next new one. */
  idOf(number) {
    const id = `S${number}`;
    const shownAs = [...this.#merged].find(([, merged]) => merged.includes(id));
    if (shownAs) return shownAs[0];
    return number <= this.nextNumber ? id : null;
  }

  /** The number that a new speaker gets. */
  get nextNumber() {
    const ids = [...this.#list.map(({ id }) => id), ...[...this.#merged.values()].flat()];
    return Math.min(MAX_NUMBER, Math.max(0, ...ids.map(numberOf)) + 1);
  }

  #countSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#count(), QUIET_MS);
  }

  /** Add up the seconds of each speaker's segments, as the backend does. */
  #count() {
    clearTimeout(this.#timer);
    const wasEmpty = this.#list.length === 0;
    const seconds = new Map();
    for (const { speaker, start, end } of this.segments) {
      if (speaker) seconds.set(speaker, (seconds.get(speaker) ?? 0) + end - start);
    }
    const total = [...seconds.values()].reduce((sum, each) => sum + each, 0) || 1;
    this.#list = [...seconds]
      .map(([id, each]) => ({
        id,
        number: numberOf(id),
        label: this.labelOf(id),
        name: this.#names.get(id) ?? null,
        merged: this.#merged.get(id) ?? [],
        suggestion: this.#suggestions.get(id) ?? null,
        seconds: each,
        share: each / total,
      }))
      .sort((one, other) => one.number - other.number);
    if (!wasEmpty || this.#list.length) this.dispatchEvent(new Event("changed"));
  }
}

/** Return the number in a speaker's id. */
export function numberOf(id) {
  return Number(id.slice(1));
}

/** Return the class with a speaker's colour. */
export function colourClass(id) {
  return `speaker-${(numberOf(id) - 1) % N_COLOURS}`;
}
