import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { hrefOf } from "../../src/frontend/web/common/address.js";
import { parseProblem } from "../../src/frontend/web/common/problems.js";
import { askForTag, confirmDeletion } from "../../src/frontend/web/history/confirm_dialog.js";
import { editAction } from "../../src/frontend/web/history/editor.js";
import { FakeElement, useFakeDocument } from "./stand_ins.mjs";

const ROW = { id: "j1", name: "Meeting", file_name: "a.wav" };
const LABELS = {
  delete_question: { one: "Delete {count} recording?", other: "Delete {count} recordings?" },
  tag_question: { one: "Tag {count} recording", other: "Tag {count} recordings" },
  delete_consequence: "For good.",
  delete_yes: "Delete",
  tag: "Tag",
  tag_consequence: "Others stay.",
  tag_yes: "Tag",
  dismiss: "Cancel",
};

let dialogs;
let root;
beforeEach(() => {
  useFakeDocument();
  dialogs = new FakeElement("div");
  root = { querySelector: (selector) => selector === ".dialogs" && dialogs };
});

function opened() {
  const [dialog] = dialogs.children;
  const [input] = dialog.findAll(({ tagName }) => tagName === "INPUT");
  return { dialog, input };
}

test("a title is trimmed; the file's own name, and nothing, clear it", () => {
  assert.deepEqual(editAction("rename", ROW, " Board "), { kind: "rename", id: "j1", title: "Board" });
  assert.equal(editAction("rename", ROW, "a.wav").title, "");
  assert.equal(editAction("rename", ROW, "  ").title, "");
});

test("tags are split at commas, without blanks", () => {
  assert.deepEqual(editAction("tags", ROW, "work, , lectures ,").tags, ["work", "lectures"]);
  assert.deepEqual(editAction("tags", ROW, "").tags, []);
});

test("a deletion names a single recording, and counts several", async () => {
  const one = confirmDeletion({ root, labels: LABELS, rows: [ROW] });
  assert.match(opened().dialog.textContent, /Delete 1 recording\?Meeting/);
  opened().dialog.close("confirm");
  assert.equal(await one, true);

  const two = confirmDeletion({ root, labels: LABELS, rows: [ROW, ROW] });
  assert.match(opened().dialog.textContent, /Delete 2 recordings\?For good/);
  opened().dialog.close();
  assert.equal(await two, false);
});

test("a tag is what was typed; a blank or a dismissal is none", async () => {
  const ask = () => askForTag({ root, labels: LABELS, limits: { tag: 50 }, rows: [ROW] });
  for (const [typed, returnValue, expected] of [
    [" work ", "confirm", "work"],
    ["  ", "confirm", null],
    ["work", "", null],
  ]) {
    const answer = ask();
    const { dialog, input } = opened();
    assert.equal(document.activeElement, input);
    assert.equal(input.maxLength, 50);
    input.value = typed;
    dialog.close(returnValue);
    assert.equal(await answer, expected);
  }
});

test("links leave out what is empty and keep the chosen language", () => {
  globalThis.location = new URL("http://localhost/?lang=en&view=history");
  assert.equal(hrefOf({ view: "history", query: "", tag: null, shown: 0 }), "/?view=history&shown=0&lang=en");
  assert.equal(hrefOf({ lang: "ru" }), "/?lang=ru");
  globalThis.location = new URL("http://localhost/");
  assert.equal(hrefOf({}), "/");
});

test("a problem has its kind and request id; anything else means an unavailable backend", () => {
  const body = JSON.stringify({ type: "/problems/job-not-found", request_id: "r1" });
  assert.deepEqual(parseProblem(404, body), { kind: "job_not_found", requestId: "r1", isFinal: true });
  for (const other of ["<html>", "null", '{"type": "about:blank"}', undefined]) {
    assert.deepEqual(parseProblem(502, other), { kind: "unavailable", requestId: null, isFinal: false });
  }
});
