// Find and replace in texts; nothing here knows of the page.

const WORD = "[\\p{L}\\p{N}_]";

/** Return the pattern of a query, or null when there is nothing to look for. */
export function searchPattern(query, { matchCase = false, wholeWords = false } = {}) {
  if (!query) return null;
  const literal = query.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const bounded = wholeWords ? `(?<!${WORD})${literal}(?!${WORD})` : literal;
  return new RegExp(bounded, matchCase ? "gu" : "giu");
}

/** Return every place of a pattern, in order, as {position, start, end}. */
export function findAll(texts, pattern) {
  const found = [];
  texts.forEach((text, position) => {
    for (const match of text.matchAll(pattern)) {
      found.push({ position, start: match.index, end: match.index + match[0].length });
    }
  });
  return found;
}

/** Return a text with one place of it replaced. */
export function replaceOne(text, { start, end }, replacement) {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Return the texts that change, as a Map from position to new text. */
export function replaceAll(texts, pattern, replacement) {
  const changed = new Map();
  texts.forEach((text, position) => {
    // a function, for `$&` in what was typed is to stay what it is
    const replaced = text.replace(pattern, () => replacement);
    if (replaced !== text) changed.set(position, replaced);
  });
  return changed;
}
