// Two texts of one recording, in rows of the same time, with the words that differ.

import { ParagraphRule } from "./paragraphs.js";

const MARKS = /[^\p{L}\p{N}]+/gu;

/**
 * Return the rows of two lists of segments as `{start, before, after}`: `start` in seconds, the
 * texts as lists of `{text, differs}`. A row is a paragraph of the second list; words of the first
 * one are in the row of their time. Case and punctuation make no difference.
 */
export function comparedRows(before, after) {
  const paragraphs = paragraphStarts(after);
  const rows = paragraphs.map(({ start }) => ({ start, before: [], after: [] }));
  const rowAt = (time) => rows[Math.max(0, paragraphs.findLastIndex(({ from }) => from <= time))];
  for (const { text, time } of timedWords(before)) rowAt(time).before.push(text);
  for (const { text, time } of timedWords(after)) rowAt(time).after.push(text);
  return rows.map(({ start, ...texts }) => ({ start, ...markedDifferences(texts) }));
}

/** Return the start of each paragraph, and `from`, the middle of the pause before it. */
function paragraphStarts(segments) {
  const rule = new ParagraphRule();
  const starts = [];
  let lastEnd = 0;
  for (const segment of segments) {
    if (rule.begins(trimmed(segment))) {
      starts.push({ start: segment.start, from: (lastEnd + segment.start) / 2 });
    }
    lastEnd = segment.end;
  }
  return starts.length ? starts : [{ start: 0, from: 0 }];
}

function trimmed({ text, start, end, speaker }) {
  return { text: text.trim(), start, end, speaker };
}

/** Return the words of segments, each with the middle of its time. */
function timedWords(segments) {
  return segments.flatMap(({ text, start, end, words }) => {
    const texts = text.split(/\s+/).filter(Boolean);
    const isTimed = words?.length === texts.length;
    const share = (end - start) / texts.length;
    return texts.map((word, place) => ({
      text: word,
      time: isTimed ? (words[place].start + words[place].end) / 2 : start + (place + 0.5) * share,
    }));
  });
}

/** Return both texts with the words that are in no longest common subsequence marked. */
function markedDifferences({ before, after }) {
  const [old, current] = [before, after].map((texts) => texts.map(plain));
  const common = commonLengths(old, current);
  const marked = { before: before.map(differing), after: after.map(differing) };
  let [i, j] = [0, 0];
  while (i < old.length && j < current.length) {
    if (old[i] === current[j]) {
      marked.before[i].differs = marked.after[j].differs = false;
      i += 1;
      j += 1;
    } else if (common[i + 1][j] >= common[i][j + 1]) i += 1;
    else j += 1;
  }
  return marked;
}

function differing(text) {
  return { text, differs: true };
}

/** Return a word without case and punctuation; a dash alone stays one. */
function plain(text) {
  return text.toLowerCase().replace(MARKS, "").replace(/ё/g, "\u0435") || text;
}

/** Return the length of the longest common subsequence of the lists from each pair of places on. */
function commonLengths(old, current) {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(current.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = current.length - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        old[i] === current[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}
