import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { selectByKey } from "../../src/frontend/web/history/selection_keys.js";

const ROWS = [{ id: "a" }, { id: "b" }, { id: "c" }];

let boxes;
let calls;
beforeEach(() => {
  calls = [];
  boxes = ROWS.map(({ id }) => ({ focus: () => calls.push(`focus ${id}`) }));
});

/** Press a key in the box of a row; return what was called. */
function press(code, at, { selected = [], ...modifiers } = {}) {
  calls.length = 0;
  const isKnown = selectByKey(
    { code, target: boxes[at], ...modifiers },
    {
      boxes,
      rows: ROWS,
      selected: new Set(selected),
      onSelectOnly: (ids) => calls.push(`select ${[...new Set(ids)].join("")}`),
      onDelete: (rows) => calls.push(`delete ${rows.map(({ id }) => id).join("")}`),
    },
  );
  assert.equal(isKnown, calls.length > 0);
  return calls.join(", ");
}

test("arrows move between recordings, and with Shift select them", () => {
  assert.equal(press("ArrowDown", 0), "focus b");
  assert.equal(press("ArrowUp", 0), "");
  assert.equal(press("ArrowDown", 1, { shiftKey: true, selected: ["a"] }), "focus c, select abc");
});

test("all are selected, deselected and deleted by keys, from a box only", () => {
  assert.equal(press("KeyA", 0, { ctrlKey: true }), "select abc");
  assert.equal(press("KeyA", 0), "");
  assert.equal(press("Escape", 0, { selected: ["a"] }), "select ");
  assert.equal(press("Delete", 0, { selected: ["a", "c"] }), "delete ac");
  assert.equal(press("Delete", 0), "");
  assert.equal(press("KeyA", 9, { ctrlKey: true }), "");
});
