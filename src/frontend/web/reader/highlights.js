// Highlights ranges of the text with the CSS Custom Highlight API, which needs no elements of its
// own. Without it, only the segment that is played is marked.

const registry = globalThis.CSS?.highlights;
const NAMES = ["spoken", "found", "found-here", "unsure", "moved"];

/** Replace the ranges of a highlight; null ranges are left out. */
export function highlight(name, ranges) {
  if (!registry) return;
  const present = ranges.filter(Boolean);
  if (present.length) registry.set(`reader-${name}`, new Highlight(...present));
  else registry.delete(`reader-${name}`);
}

export function clearHighlights() {
  for (const name of NAMES) registry?.delete(`reader-${name}`);
}
