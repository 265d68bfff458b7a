import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { UndoHistory } from "../../src/frontend/web/reader/undo_history.js";

let history;
beforeEach(() => {
  history = new UndoHistory();
});

function type(before, after, now, position = 0) {
  history.record([{ position, field: "text", before, after }], { typing: true, now });
}

const text = (position, value) => ({ position, field: "text", value });

test("typing without a long pause is one step", () => {
  type("", "а", 0);
  type("а", "аб", 500);
  type("аб", "абв", 5000);
  assert.deepEqual(history.undo(), [text(0, "аб")]);
  assert.deepEqual(history.undo(), [text(0, "")]);
  assert.deepEqual(history.undo(), []);
  assert.deepEqual(history.redo(), [text(0, "аб")]);
});

test("typing in another segment is a step of its own", () => {
  type("", "а", 0, 0);
  type("", "б", 100, 1);
  assert.deepEqual(history.undo(), [text(1, "")]);
});

test("typing after an undo does not extend the step that was undone to", () => {
  type("", "а", 0);
  type("а", "аб", 2000);
  history.undo();
  type("а", "ав", 2100);
  assert.deepEqual(history.undo(), [text(0, "а")]);
});

test("a replacement in many segments is undone and redone as a whole", () => {
  history.record([
    { position: 0, field: "text", before: "раз", after: "два" },
    { position: 4, field: "text", before: "раз!", after: "два!" },
  ]);
  assert.deepEqual(history.undo(), [text(0, "раз"), text(4, "раз!")]);
  assert.deepEqual(history.redo(), [text(0, "два"), text(4, "два!")]);
});

test("who says a phrase is undone like its text", () => {
  history.record([{ position: 2, field: "speaker", before: "S1", after: "S2" }]);
  assert.deepEqual(history.undo(), [{ position: 2, field: "speaker", value: "S1" }]);
});

test("a new change drops what could be redone", () => {
  type("", "а", 0);
  history.undo();
  assert.ok(history.canRedo);
  type("", "б", 9000);
  assert.ok(!history.canRedo);
});

test("the oldest of 500 steps is dropped", () => {
  for (let step = 0; step <= 500; step++) history.record([{ position: step, before: "", after: "а" }]);
  let nSteps = 0;
  while (history.canUndo) {
    history.undo();
    nSteps += 1;
  }
  assert.equal(nSteps, 500);
});

test("each change is announced to its buttons", () => {
  let nChanges = 0;
  history.addEventListener("changed", () => (nChanges += 1));
  type("", "а", 0);
  history.undo();
  history.redo();
  history.redo();
  assert.equal(nChanges, 3);
});
