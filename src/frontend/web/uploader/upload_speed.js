// Measures the speed of an upload over the last seconds.

const WINDOW_MS = 8_000;
const MIN_SPAN_MS = 500;

export class UploadSpeed {
  #samples = [];

  add(sentBytes, now = performance.now()) {
    this.#samples.push({ sentBytes, now });
    this.#samples = this.#samples.filter((sample) => now - sample.now <= WINDOW_MS);
  }

  reset() {
    this.#samples = [];
  }

  /** Bytes per second; null until there are enough samples. */
  get bytesPerSecond() {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || last.now - first.now < MIN_SPAN_MS) return null;
    return ((last.sentBytes - first.sentBytes) / (last.now - first.now)) * 1000;
  }
}
