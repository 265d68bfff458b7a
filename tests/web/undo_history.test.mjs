import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { UndoHistory } from "../../src/frontend/web/reader/undo_history.js";

let history;
beforeEach(() => {
  history = new UndoHistory();
});

function type(before, after, now, position = 0) {
  history.record([{ position, before, after }], { typing: true, now });
}

test("typing without a long pause is one step", () => {
  type("", "а", 0);
  type("а", "аб", 500);
  type("аб", "абв", 5000);
  assert.deepEqual(history.undo(), [[0, "аб"]]);
  assert.deepEqual(history.undo(), [[0, ""]]);
  assert.deepEqual(history.undo(), []);
  assert.deepEqual(history.redo(), [[0, "аб"]]);
});

test("typing in another segment is a step of its own", () => {
  type("", "а", 0, 0);
  type("", "б", 100, 1);
  assert.deepEqual(history.undo(), [[1, ""]]);
});

test("typing after an undo does not extend the step that was undone to", () => {
  type("", "а", 0);
  type("а", "аб", 2000);
  history.undo();
  type("а", "ав", 2100);
  assert.deepEqual(history.undo(), [[0, "а"]]);
});

test("a replacement in many segments is undone and redone as a whole", () => {
  history.record([
    { position: 0, before: "раз", after: "два" },
    { position: 4, before: "раз!", after: "два!" },
  ]);
  assert.deepEqual(history.undo(), [[0, "раз"], [4, "раз!"]]);
  assert.deepEqual(history.redo(), [[0, "два"], [4, "два!"]]);
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
