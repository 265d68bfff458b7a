// If these fail, undo of a split or a join leaves words or speakers elsewhere than before.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BorderEditor } from "../../src/frontend/web/reader/border_editor.js";
import { Segments } from "../../src/frontend/web/reader/segments.js";
import { UndoHistory } from "../../src/frontend/web/reader/undo_history.js";
import { echo } from "./stand_ins.mjs";

let segments;
let undoHistory;
let borders;
let asked;
let answer;
let messages;
let errors;

const words = (text) => text.split(" ").map((word, start) => ({ word, start }));
const received = (index, text, more = {}) => ({
  index, start: index, end: index + 1, text, words: words(text), ...more,
});

beforeEach(() => {
  [asked, messages, errors] = [[], [], []];
  segments = new Segments();
  undoHistory = new UndoHistory();
  borders = new BorderEditor({
    t: echo, segments, undoHistory,
    transcript: { row: () => null, focus: () => null },
    change: async (...call) => {
      asked.push(call);
      if (!answer) throw new Error("refused");
      return { items: answer };
    },
    beforeChange: async () => asked.push("saved"),
    onMessage: (text) => messages.push(text),
    onError: (error) => errors.push(error.message),
  });
  borders.isAllowed = true;
  segments.load([
    received(0, "раз 😀 три", { speaker: "S1" }),
    received(1, "четыре пять", { speaker: "S2" }),
  ]);
});

async function undo() {
  const [{ position, value }] = undoHistory.undo();
  await borders.apply(position, value);
}

test("a split counts in code points, after corrections were saved, and is undone by a join", async () => {
  answer = [received(0, "раз 😀"), received(2, "три")];
  assert.ok(await borders.split(0, "раз 😀 ".length));
  assert.deepEqual(asked, ["saved", [0, "split", { text_offset: 6 }]]);
  assert.deepEqual(segments.texts(), ["раз 😀", "три", "четыре пять"]);
  assert.deepEqual(messages, ["borders.split_done"]);
  answer = [received(0, "раз 😀 три")];
  await undo();
  assert.deepEqual(asked.at(-1), [0, "join", undefined]);
  assert.deepEqual(segments.texts(), ["раз 😀 три", "четыре пять"]);
  assert.ok(undoHistory.canRedo);
});

test("undo of a join gives the second phrase its speaker back", async () => {
  const set = [];
  segments.addEventListener("changed", ({ detail }) => set.push({ ...detail }));
  answer = [received(0, "раз 😀 три четыре пять", { speaker: "S1" })];
  assert.ok(await borders.join(0));
  answer = [received(0, "раз 😀 три", { speaker: "S1" }), received(2, "четыре пять", { speaker: "S1" })];
  await undo();
  assert.deepEqual(asked.at(-1), [0, "split", { text_offset: 9, word: 3 }]);
  assert.deepEqual([...segments].map(({ speaker }) => speaker), ["S1", "S2"]);
  assert.deepEqual(set, [{ position: 1, field: "speaker", origin: "undo" }]);
});

test("a border is moved by words and back", async () => {
  answer = [received(0, "раз 😀"), received(1, "три четыре пять")];
  assert.ok(await borders.move(0, -1));
  assert.deepEqual(asked.at(-1), [0, "border", { word: 2 }]);
  answer = [received(0, "раз 😀 три"), received(1, "четыре пять")];
  await undo();
  assert.deepEqual(asked.at(-1), [0, "border", { word: 3 }]);
});

test("what cannot be is not asked for", async () => {
  segments.load([received(0, "раз"), received(1, "два")]);
  assert.equal(await borders.split(0, 1), false);
  assert.equal(await borders.move(0, 1), false);
  assert.equal(await borders.join(1), false);
  assert.equal(await borders.join(-1), false);
  borders.isAllowed = false;
  assert.equal(await borders.join(0), false);
  assert.deepEqual(asked, []);
  assert.deepEqual(messages, ["borders.too_few_words", "borders.too_few_words"]);
});

test("a refused change is shown and is no step; a refused undo ends the history", async () => {
  answer = null;
  assert.equal(await borders.join(0), false);
  assert.deepEqual([errors, undoHistory.canUndo], [["refused"], false]);
  answer = [received(0, "раз 😀 три четыре пять")];
  await borders.join(0);
  answer = null;
  await undo();
  assert.equal(undoHistory.canRedo, false);
});
