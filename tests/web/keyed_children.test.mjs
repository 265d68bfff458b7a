import assert from "node:assert/strict";
import { test } from "node:test";
import { syncChildren } from "../../src/frontend/web/common/keyed_children.js";
import { FakeElement } from "./stand_ins.mjs";

const parent = new FakeElement("ul");

function show(...items) {
  syncChildren(parent, items, {
    keyOf: (item) => item,
    create: () => new FakeElement("li"),
    update: (child, item) => (child.textContent = `item ${item}`),
  });
  return [...parent.children];
}

test("items that stay keep their elements, wherever they move", () => {
  const [a, b] = show("a", "b");
  assert.deepEqual([a.textContent, b.textContent], ["item a", "item b"]);
  const [c, b2, a2] = show("c", "b", "a");
  assert.deepEqual([a2, b2], [a, b]);
  assert.equal(c.textContent, "item c");
  assert.deepEqual(show("a"), [a]);
  assert.equal(b.parentElement, null);
  assert.deepEqual(show(), []);
});
