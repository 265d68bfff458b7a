import assert from "node:assert/strict";
import { test } from "node:test";
import { findAll, replaceAll, replaceOne, searchPattern } from "../../src/frontend/web/reader/find.js";

const starts = (text, query, options) =>
  findAll([text], searchPattern(query, options)).map(({ start }) => start);

test("a search ignores case and finds parts of words, unless it is asked not to", () => {
  const text = "Кот, скот. КОТ";
  assert.deepEqual(starts(text, "кот"), [0, 6, 11]);
  assert.deepEqual(starts(text, "кот", { wholeWords: true }), [0, 11]);
  assert.deepEqual(starts(text, "кот", { matchCase: true }), [6]);
});

test("whole words end at punctuation, not at digits or underscores", () => {
  assert.deepEqual(starts("раз, раз1 раз_ (раз)", "раз", { wholeWords: true }), [0, 16]);
});

test("a query is text, whatever its characters mean in a pattern", () => {
  for (const query of [".b [", "(a|b)*", "\\d+", "$^", "a/b", "{1}"]) {
    assert.deepEqual(starts(`x ${query} y`, query), [2], query);
  }
});

test("an empty query finds nothing", () => {
  assert.equal(searchPattern(""), null);
});

test("places come in order, with the position of their text", () => {
  const found = findAll(["раз раз", "", "два раз"], searchPattern("раз"));
  assert.deepEqual(found, [
    { position: 0, start: 0, end: 3 },
    { position: 0, start: 4, end: 7 },
    { position: 2, start: 4, end: 7 },
  ]);
});

test("one place is replaced where it stands", () => {
  assert.equal(replaceOne("раз два раз", { start: 8, end: 11 }, "три"), "раз два три");
});

test("all places are replaced by exactly what was typed; other texts are left out", () => {
  const changed = replaceAll(["раз раз", "два", "Раз"], searchPattern("раз"), "$& сто $1");
  assert.deepEqual([...changed], [
    [0, "$& сто $1 $& сто $1"],
    [2, "$& сто $1"],
  ]);
});
