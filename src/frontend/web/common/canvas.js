// Prepares a canvas for drawing.

/** Clear a canvas at the screen's resolution; return `{paint, width, height, style}` in CSS pixels. */
export function clearCanvas(canvas) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  return { paint, width, height, style: getComputedStyle(canvas) };
}
