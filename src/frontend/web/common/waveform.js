// Draws a waveform as bars on a canvas.

import { clearCanvas } from "./canvas.js";

const BAR_PX = 2;
const GAP_PX = 1;

/** `peaks` in [0, 1]; `strongRange`: the share [from, to) of the recording that is stronger. */
export function drawWaveform(canvas, peaks, strongRange) {
  const { paint, height, style } = clearCanvas(canvas);
  const [strong, quiet] = ["--strong", "--quiet"].map((name) => style.getPropertyValue(name));
  const nBars = countBars(canvas);
  for (let bar = 0; bar < nBars; bar++) {
    const size = Math.max(1, meanPeak(peaks, bar / nBars, (bar + 1) / nBars) * height);
    const middle = (bar + 0.5) / nBars;
    paint.fillStyle = middle >= strongRange[0] && middle < strongRange[1] ? strong : quiet;
    paint.fillRect(bar * (BAR_PX + GAP_PX), (height - size) / 2, BAR_PX, size);
  }
}

export function countBars(canvas) {
  return Math.max(1, Math.floor(canvas.clientWidth / (BAR_PX + GAP_PX)));
}

// the maximum would be equally high everywhere in a long recording
function meanPeak(peaks, from, to) {
  const first = Math.floor(from * peaks.length);
  const covered = peaks.slice(first, Math.max(first + 1, Math.ceil(to * peaks.length)));
  const sum = covered.reduce((total, peak) => total + peak, 0);
  return Math.min(1, sum / Math.max(1, covered.length));
}
