// How fast bytes go, over the last seconds.

const WINDOW_MS = 8_000;

export class UploadSpeed {
  #seen = [];

  note(sent, now = performance.now()) {
    this.#seen.push({ sent, now });
    this.#seen = this.#seen.filter((each) => now - each.now <= WINDOW_MS);
  }

  forget() {
    this.#seen = [];
  }

  /** Bytes per second; null until there is something to tell it by. */
  get bytesPerSecond() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || last.now - first.now < 500) return null;
    return ((last.sent - first.sent) / (last.now - first.now)) * 1000;
  }
}
