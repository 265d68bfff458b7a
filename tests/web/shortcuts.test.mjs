import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { findShortcut } from "../../src/frontend/web/reader/shortcuts.js";

let calls;
let targets;
let root;
beforeEach(() => {
  calls = [];
  root = { isRoot: true, querySelector: () => null };
  targets = {
    player: recorder("player"),
    editor: Object.assign(recorder("editor"), { position: null, canJoinPrevious: false }),
    borders: recorder("borders"),
    transcript: Object.assign(recorder("transcript"), { active: 7, neighbour: (from, step) => from + step }),
    unsureBar: recorder("unsureBar"),
    assigner: recorder("assigner"),
    notes: recorder("notes"),
    findBar: Object.assign(recorder("findBar"), { root: { contains: (node) => node.isInFindBar } }),
    shortcutsDialog: recorder("shortcutsDialog"),
  };
});

/** An object whose methods note how they were called. */
function recorder(name) {
  const methods = ["toggle", "skip", "changeSpeed", "goToNext", "goToPrevious", "open", "close",
    "finish", "undo", "redo", "focus", "assign", "toggleLoop", "splitOrFinish",
    "joinPrevious", "move", "write"];
  return Object.fromEntries(
    methods.map((method) => [method, (...values) => calls.push([name, method, ...values].join(" "))]),
  );
}

const BODY = { tagName: "BODY", closest: () => null };
const FIELD = { tagName: "INPUT", type: "text", closest: () => null };
const SLIDER = { tagName: "INPUT", type: "range", closest: () => null };
const BUTTON = { tagName: "BUTTON", closest: () => null };
const SEGMENT = { tagName: "BUTTON", closest: (selector) => selector === ".segment" };
const EDITED = { tagName: "DIV", isContentEditable: true, closest: () => null };

/** Press a key on a target, in the reader or elsewhere on the page; return what was called. */
function press(code, target = BODY, { isInside = target !== BODY, ...modifiers } = {}) {
  calls.length = 0;
  const event = { code, key: "", composedPath: () => [target, ...(isInside ? [root] : [])], ...modifiers };
  findShortcut(event, root, targets)?.(targets, event);
  return calls.join(", ");
}

test("keys play, skip and change the speed anywhere on the page", () => {
  assert.equal(press("Space"), "player toggle");
  assert.equal(press("KeyK"), "player toggle");
  assert.equal(press("KeyJ"), "player skip -5");
  assert.equal(press("ArrowRight"), "player skip 5");
  assert.equal(press("BracketLeft"), "player changeSpeed -1");
  assert.equal(press("KeyN"), "unsureBar goToNext");
  assert.equal(press("KeyP"), "unsureBar goToPrevious");
  assert.equal(press("KeyM"), "notes write");
});

test("a text field keeps its letters, but Alt plays from there", () => {
  for (const code of ["Space", "KeyK", "ArrowLeft", "KeyN"]) assert.equal(press(code, FIELD), "");
  assert.equal(press("KeyK", FIELD, { altKey: true }), "player toggle");
});

test("a control keeps the keys that it uses, and no others", () => {
  assert.equal(press("Space", BUTTON), "");
  assert.equal(press("ArrowRight", SLIDER), "");
  assert.equal(press("ArrowRight", BUTTON), "player skip 5");
});

test("on a segment, arrows move and E edits", () => {
  assert.equal(press("ArrowDown", SEGMENT), "transcript focus 8");
  assert.equal(press("ArrowUp", SEGMENT), "transcript focus 6");
  assert.equal(press("KeyE", SEGMENT), "editor open 7");
  assert.equal(press("KeyE"), "");
});

test("digits say who speaks, of both blocks of keys, but not while something is typed", () => {
  assert.equal(press("Digit1"), "assigner assign 1");
  assert.equal(press("Numpad9", SEGMENT), "assigner assign 9");
  assert.equal(press("Digit1", FIELD), "");
  assert.equal(press("Digit1", EDITED), "");
  assert.equal(press("Digit1", BODY, { altKey: true }), "");
});

test("while a segment is edited, Enter splits, Escape finishes and Alt moves to a neighbour", () => {
  targets.editor.position = 7;
  assert.equal(press("Enter", EDITED), "editor splitOrFinish");
  assert.equal(press("Enter", EDITED, { ctrlKey: true }), "editor finish");
  assert.equal(press("Backspace", EDITED), "");
  targets.editor.canJoinPrevious = true;
  assert.equal(press("Backspace", EDITED), "editor joinPrevious");
  assert.equal(press("Escape", EDITED), "editor finish");
  assert.equal(press("KeyK", EDITED), "");
  assert.equal(press("ArrowDown", EDITED, { altKey: true }), "editor open 8");
  assert.equal(press("ArrowUp", EDITED, { altKey: true }), "editor open 6");
});

test("Ctrl or Cmd undoes and redoes corrections, except in a text field", () => {
  assert.equal(press("KeyZ", BODY, { ctrlKey: true }), "editor undo");
  assert.equal(press("KeyZ", EDITED, { metaKey: true }), "editor undo");
  assert.equal(press("KeyZ", BODY, { ctrlKey: true, shiftKey: true }), "editor redo");
  assert.equal(press("KeyY", BODY, { ctrlKey: true }), "editor redo");
  assert.equal(press("KeyZ", FIELD, { ctrlKey: true }), "");
  assert.equal(press("KeyZ", FIELD, { ctrlKey: true, isInside: false }), "");
});

test("Ctrl F opens the search; pressed in it, it is the browser's", () => {
  const inFindBar = { ...FIELD, isInFindBar: true };
  assert.equal(press("KeyF", BODY, { ctrlKey: true }), "findBar open");
  assert.equal(press("KeyF", inFindBar, { ctrlKey: true }), "");
  assert.equal(press("Escape", inFindBar), "findBar close");
});

test("a question mark opens the list of shortcuts, except while typing", () => {
  assert.equal(press("Slash", BODY, { key: "?", shiftKey: true }), "shortcutsDialog open");
  assert.equal(press("Slash", FIELD, { key: "?", shiftKey: true }), "");
});

test("an open dialog and an input method keep every key", () => {
  assert.equal(press("KeyK", BODY, { isComposing: true }), "");
  root.querySelector = () => ({});
  assert.equal(press("KeyK"), "");
});

test("the keys of oTranscribe and of foot pedals play, also while something is typed", () => {
  targets.editor.position = 7;
  for (const target of [BODY, FIELD, EDITED]) {
    assert.equal(press("F1", target), "player skip -5");
    assert.equal(press("F2", target), "player skip 5");
    assert.equal(press("F4", target), "player changeSpeed 1");
  }
  assert.equal(press("F3", BODY, { ctrlKey: true }), "");
  assert.equal(press("Escape"), "player toggle");
  assert.equal(press("KeyR", SEGMENT), "player toggleLoop");
});

test("Ctrl plays while a segment is edited, and elsewhere is the browser's", () => {
  assert.equal(press("Space", EDITED, { ctrlKey: true }), "player toggle");
  assert.equal(press("KeyJ", EDITED, { ctrlKey: true }), "player skip -5");
  assert.equal(press("KeyL", BODY, { ctrlKey: true }), "");
  assert.equal(press("KeyJ", FIELD, { ctrlKey: true }), "");
});

test("Alt and Shift with an arrow move the border after the active segment", () => {
  const keys = { altKey: true, shiftKey: true };
  assert.equal(press("ArrowRight", SEGMENT, keys), "borders move 7 1");
  assert.equal(press("ArrowLeft", EDITED, keys), "borders move 7 -1");
  assert.equal(press("ArrowLeft", BODY, keys), "");
});
