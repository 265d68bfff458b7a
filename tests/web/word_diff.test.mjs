import assert from "node:assert/strict";
import { test } from "node:test";
import { comparedRows } from "../../src/frontend/web/reader/word_diff.js";

/** A segment of a second from `start`, in seconds; without the times of words. */
function segment(start, text) {
  return { start, end: start + 1, text, words: null };
}

function differing(words) {
  return words.filter(({ differs }) => differs).map(({ text }) => text);
}

test("words that are in one text only are marked; case, marks and yo are not", () => {
  const [row] = comparedRows(
    [segment(0, "договор прислали вчера еще раз")],
    [segment(0, "Договор, прислали сегодня ещё раз.")],
  );
  assert.deepEqual(differing(row.before), ["вчера"]);
  assert.deepEqual(differing(row.after), ["сегодня"]);
  assert.equal(row.after.map(({ text }) => text).join(" "), "Договор, прислали сегодня ещё раз.");
});

test("a row has what both say at the time of one paragraph of the new text", () => {
  const rows = comparedRows(
    [segment(0, "раз"), segment(9, "два"), segment(19, "три")],
    [segment(0, "раз."), segment(20, "три.")],
  );
  assert.deepEqual(rows.map(({ start }) => start), [0, 20]);
  assert.deepEqual(differing(rows[0].before), ["два"]);
  assert.deepEqual(differing(rows[1].after), []);
});

test("words with times are in the row of their own time", () => {
  const words = [
    { word: " раз", start: 0, end: 1 },
    { word: " три", start: 21, end: 22 },
  ];
  const rows = comparedRows(
    [{ start: 0, end: 22, text: "раз три", words }],
    [segment(0, "раз."), segment(20, "три.")],
  );
  assert.deepEqual(rows.map(({ before }) => before.map(({ text }) => text)), [["раз"], ["три"]]);
});

test("a text beside none, and none beside a text, differ wholly", () => {
  const [row] = comparedRows([segment(0, "раз два")], []);
  assert.deepEqual(differing(row.before), ["раз", "два"]);
  assert.deepEqual(comparedRows([], [segment(0, "раз")])[0].before, []);
});
