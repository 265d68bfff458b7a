import assert from "node:assert/strict";
import { test } from "node:test";
import {
  lastStarted, lastWordBefore, timeAtOffset, wordOffsets,
} from "../../src/frontend/web/reader/word_timing.js";

const WORDS = [
  { word: " раз", start: 1 },
  { word: " два", start: 2 },
  { word: " раз", start: 3 },
];

test("the segment being played is the last one that has started", () => {
  const rows = [{ start: 1 }, { start: 2 }, { start: 5 }];
  assert.deepEqual([0.5, 1, 4.9, 9].map((moment) => lastStarted(rows, moment)), [-1, 0, 1, 2]);
  assert.equal(lastStarted([], 1), -1);
});

test("words keep their places in a corrected text; those that were changed have none", () => {
  assert.deepEqual(wordOffsets("раз два раз", WORDS), [[0, 3], [4, 7], [8, 11]]);
  assert.deepEqual(wordOffsets("раз двое раз", WORDS), [[0, 3], null, [9, 12]]);
  assert.deepEqual(wordOffsets("", WORDS), [null, null, null]);
});

test("a word is not found far behind its neighbour, where another one like it stands", () => {
  assert.deepEqual(wordOffsets(`${"а".repeat(61)} раз`, [WORDS[0]]), [null]);
});

test("a click plays the word at its offset, and the segment's start before the first word", () => {
  const segment = { text: "— раз два", start: 0.5, words: WORDS.slice(0, 2) };
  assert.deepEqual([0, 3, 7].map((offset) => timeAtOffset(segment, offset)), [0.5, 1, 2]);
});

test("a border under the pointer goes to the nearer side of a word", () => {
  const before = (offset) => lastWordBefore("раз два раз", WORDS, offset);
  assert.deepEqual([0, 1, 2, 5, 6, 11].map(before), [-1, -1, 0, 0, 1, 2]);
  assert.equal(lastWordBefore("раз двое раз", WORDS, 8), 0, "a corrected word has no place");
});
