// The timeline under the waveform: a row for each speaker, filled while they speak.

import { clearCanvas } from "../common/canvas.js";
import { colourClass } from "./speakers.js";

const ROW_PX = 5;
const GAP_PX = 1;
const MAX_PX = 40;

export class SpeakerTimeline {
  #frame = 0;

  constructor({ canvas, speakers, segments, transcript, durationS }) {
    Object.assign(this, { canvas, speakers, segments, transcript, durationS });
    const draw = () => this.#drawSoon();
    speakers.addEventListener("changed", draw);
    transcript.addEventListener("filtered", draw);
    this.sizes = new ResizeObserver(draw);
    this.sizes.observe(canvas);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.sizes.disconnect();
  }

  #drawSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { canvas, speakers } = this;
    const { list } = speakers;
    canvas.hidden = list.length === 0;
    const rowPx = Math.min(ROW_PX + GAP_PX, MAX_PX / list.length);
    canvas.style.height = `${Math.ceil(rowPx * list.length)}px`;
    if (canvas.hidden || !canvas.clientWidth) return;
    const { paint, width, style } = clearCanvas(canvas);
    const rows = new Map(list.map(({ id }, row) => [id, row]));
    const only = this.transcript.onlySpeaker;
    const endS = this.durationS() || 1;
    for (const { speaker, start, end } of this.segments) {
      if (!rows.has(speaker)) continue;
      paint.globalAlpha = only && speaker !== only ? 0.25 : 1;
      paint.fillStyle = style.getPropertyValue(`--${colourClass(speaker)}`);
      const from = (start / endS) * width;
      const length = Math.max(1, ((end - start) / endS) * width);
      paint.fillRect(from, rows.get(speaker) * rowPx, length, Math.max(1, rowPx - GAP_PX));
    }
  }
}
