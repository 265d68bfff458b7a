// The waveform behind the player's bar; the part that was played is stronger.

import { countBars, drawWaveform } from "../common/waveform.js";

export class PlayedWaveform {
  #peaks = [];
  #share = 0;

  constructor(canvas) {
    this.canvas = canvas;
    this.sizes = new ResizeObserver(() => this.#draw());
    this.sizes.observe(canvas);
  }

  show(peaks) {
    // scale to the loudest peak, so that a quiet recording has a shape too
    const loudest = peaks.reduce((most, peak) => Math.max(most, peak), 0) || 1;
    this.#peaks = peaks.map((peak) => peak / loudest);
    this.#draw();
  }

  /** `share`: the played part of the recording, in [0, 1]. */
  showPlayed(share) {
    const nBars = countBars(this.canvas);
    const moved = Math.round(share * nBars) !== Math.round(this.#share * nBars);
    this.#share = share;
    if (moved) this.#draw();
  }

  close() {
    this.sizes.disconnect();
  }

  #draw() {
    if (this.canvas.clientWidth) drawWaveform(this.canvas, this.#peaks, [0, this.#share]);
  }
}
