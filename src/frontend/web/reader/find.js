// Find and replace in texts, without the page.

const WORD = "[\\p{L}\\p{N}_]";

/** Return the pattern of a query, or null if it is empty. */
export function searchPattern(query, { matchCase = false, wholeWords = false } = {}) {
  if (!query) return null;
  const literal = query.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const bounded = wholeWords ? `(?<!${WORD})${literal}(?!${WORD})` : literal;
  return new RegExp(bounded, matchCase ? "gu" : "giu");
}

/** Return every match of a pattern, in order, as {position, start, end}. */
export function findAll(texts, pattern) {
  const matches = [];
  texts.forEach((text, position) => {
    for (const match of text.matchAll(pattern)) {
      matches.push({ position, start: match.index, end: match.index + match[0].length });
    }
  });
  return matches;
}

/** Return a text with one match replaced. */
export function replaceOne(text, { start, end }, replacement) {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Return the texts that change, as a Map from position to new text. */
export function replaceAll(texts, pattern, replacement) {
  const changed = new Map();
  texts.forEach((text, position) => {
    // a function keeps `$&` in the replacement as it was typed
    const replaced = text.replace(pattern, () => replacement);
    if (replaced !== text) changed.set(position, replaced);
  });
  return changed;
}
