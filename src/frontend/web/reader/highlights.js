// What is lit in the text: ranges that the browser paints (CSS Custom Highlight API), so that
// no element has to be made or moved. A browser without it lights the phrase alone.

const registry = globalThis.CSS?.highlights;

export function highlight(name, ranges) {
  if (!registry) return;
  const there = ranges.filter(Boolean);
  if (there.length) registry.set(`reader-${name}`, new Highlight(...there));
  else registry.delete(`reader-${name}`);
}

export function clearHighlights() {
  for (const name of ["spoken", "found", "found-here", "unsure"]) registry?.delete(`reader-${name}`);
}
