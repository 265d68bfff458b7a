// Finds the words that a correction replaced, as a line of the glossary.

/** More words are a sentence that was rewritten, not a term. */
const MAX_WORDS = 4;

/** Shorter words are too common to be written in another way everywhere. */
const MIN_LETTERS = 3;

const MAX_LINE_CHARS = 200;

const MARKS_AROUND = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}+#%]+$/gu;

/** Return `spoken = written`, or the word alone if only its case changed; null if there is none. */
export function glossaryLine(before, after) {
  const [old, changed] = [wordsOf(before), wordsOf(after)];
  const first = old.findIndex((word, index) => word !== changed[index]);
  if (first < 0) return null;
  let nSame = 0;
  const most = Math.min(old.length, changed.length) - first;
  while (nSame < most && old.at(-1 - nSame) === changed.at(-1 - nSame)) nSame++;
  const spoken = old.slice(first, old.length - nSame).join(" ");
  const written = changed.slice(first, changed.length - nSame).join(" ");
  if (spoken === written || !isTerm(spoken) || !isTerm(written)) return null;
  if (spoken.toLowerCase() === written.toLowerCase()) return written;
  const line = `${spoken} = ${written}`;
  return line.length <= MAX_LINE_CHARS ? line : null;
}

/** Return the words of a text without the marks around them. */
function wordsOf(text) {
  return text.split(/\s+/u).map((word) => word.replace(MARKS_AROUND, "")).filter(Boolean);
}

function isTerm(text) {
  const isShort = text.split(" ").length <= MAX_WORDS && !text.includes("=");
  return isShort && text.replace(/[^\p{L}\p{N}]/gu, "").length >= MIN_LETTERS;
}
