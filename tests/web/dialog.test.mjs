import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { showDialog } from "../../src/frontend/web/common/dialog.js";
import { FakeElement, useFakeDocument } from "./stand_ins.mjs";

let parent;
beforeEach(() => {
  useFakeDocument();
  parent = new FakeElement("div");
});

function open(options = {}) {
  const answer = showDialog({ parent, title: "Delete?", content: [], dismissLabel: "Cancel", ...options });
  const [dialog] = parent.findAll(({ tagName }) => tagName === "DIALOG");
  const buttons = dialog.findAll(({ tagName }) => tagName === "BUTTON");
  return { answer, dialog, buttons };
}

test("it opens as a modal dialog with its title as its name", () => {
  const { dialog } = open();
  assert.ok(dialog.isModal);
  const [title] = dialog.findAll(({ id }) => id === dialog.getAttribute("aria-labelledby"));
  assert.equal(title.textContent, "Delete?");
});

test("the safe button has the focus, and dismisses", async () => {
  const { answer, dialog, buttons } = open({ confirm: { label: "Delete", className: "danger" } });
  assert.deepEqual(buttons.map(({ textContent }) => textContent), ["Cancel", "Delete"]);
  assert.equal(document.activeElement, buttons[0]);
  buttons[0].click();
  assert.equal(await answer, false);
  assert.equal(dialog.parentElement, null);
});

test("the confirm button submits the form, which confirms", async () => {
  const { answer, dialog, buttons } = open({ confirm: { label: "Delete", className: "danger" } });
  assert.deepEqual([buttons[1].className, buttons[1].type], ["danger", undefined]); // submits
  dialog.close(buttons[1].value); // what a browser does with a form whose method is dialog
  assert.equal(await answer, true);
});

test("Escape dismisses", async () => {
  const { answer, dialog } = open({ confirm: { label: "Delete" } });
  dialog.close();
  assert.equal(await answer, false);
});

test("a field can have the focus instead", () => {
  const field = new FakeElement("input");
  open({ content: [field], focus: field });
  assert.equal(document.activeElement, field);
});
