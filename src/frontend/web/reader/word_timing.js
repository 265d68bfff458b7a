// Maps between times of a recording, segments, and the places of words in a segment's text.

/** The maximum distance of a word from the previous one, in characters. */
const LOOKAHEAD = 60;

/**
 * Return the place of each word in a text as [start, end), or null. In a corrected text, the
 * words that were left unchanged keep their times.
 */
export function wordOffsets(text, words) {
  let from = 0;
  return words.map(({ word }) => {
    const wanted = word.trim();
    const at = wanted ? text.indexOf(wanted, from) : -1;
    if (at < 0 || at - from > LOOKAHEAD) return null;
    from = at + wanted.length;
    return [at, from];
  });
}

/** Return the index of the last word whose middle is before an offset of a text, or -1. */
export function lastWordBefore(text, words, offset) {
  return wordOffsets(text, words).findLastIndex(
    (place) => place && (place[0] + place[1]) / 2 <= offset,
  );
}

/** Return the index of the last item that has started at a time, -1 before the first. */
export function lastStarted(items, time) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items.at(middle).start <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Return the time at which the word at an offset of a segment's text is spoken. */
export function timeAtOffset(segment, offset) {
  const offsets = wordOffsets(segment.text, segment.words);
  let time = segment.start;
  offsets.forEach((place, index) => {
    if (place && place[0] <= offset) time = segment.words[index].start;
  });
  return time;
}
