// Which phrase and word is being said, and where a word stands in its phrase's text.

/** How far, in characters, a word is looked for after the one before it. */
const LOOKAHEAD = 60;

/**
 * Return where each word stands in a text, as [start, end), or null where it does not: the
 * text may have been corrected, and the words that were left alone keep their times.
 */
export function wordOffsets(text, words) {
  let from = 0;
  return words.map(({ word }) => {
    const said = word.trim();
    const at = said ? text.indexOf(said, from) : -1;
    if (at < 0 || at - from > LOOKAHEAD) return null;
    from = at + said.length;
    return [at, from];
  });
}

/** Return the last of `rows` that has begun at a moment, -1 before the first. */
export function lastStarted(rows, moment) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows.at(middle).start <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Return the moment at which what stands at an offset of a phrase's text is said. */
export function timeAtOffset(row, offset) {
  const places = wordOffsets(row.text, row.words);
  let found = row.start;
  places.forEach((place, index) => {
    if (place && place[0] <= offset) found = row.words[index].start;
  });
  return found;
}
