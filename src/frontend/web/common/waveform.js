// How loud a recording is over its time, as bars on a canvas.

const BAR_PX = 2;
const GAP_PX = 1;

/** `peaks`: 1 is as high as the canvas; `part`: shares of the whole, [from, to], drawn stronger. */
export function drawWaveform(canvas, peaks, part) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const [strong, quiet] = ["--strong", "--quiet"].map((name) => style.getPropertyValue(name));
  const nBars = countBars(canvas);
  for (let bar = 0; bar < nBars; bar++) {
    const size = Math.max(1, meanPeak(peaks, bar / nBars, (bar + 1) / nBars) * height);
    const middle = (bar + 0.5) / nBars;
    paint.fillStyle = middle >= part[0] && middle < part[1] ? strong : quiet;
    paint.fillRect(bar * (BAR_PX + GAP_PX), (height - size) / 2, BAR_PX, size);
  }
}

export function countBars(canvas) {
  return Math.max(1, Math.floor(canvas.clientWidth / (BAR_PX + GAP_PX)));
}

// the loudest of a bar would look the same in all of a long recording
function meanPeak(peaks, from, to) {
  const first = Math.floor(from * peaks.length);
  const part = peaks.slice(first, Math.max(first + 1, Math.ceil(to * peaks.length)));
  return Math.min(1, part.reduce((sum, peak) => sum + peak, 0) / Math.max(1, part.length));
}
