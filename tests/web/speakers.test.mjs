import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Segments } from "../../src/frontend/web/reader/segments.js";
import { Speakers, colourClass } from "../../src/frontend/web/reader/speakers.js";
import { echo } from "./stand_ins.mjs";

let segments;
let speakers;
beforeEach(() => {
  segments = new Segments();
  speakers = new Speakers({ t: echo, segments });
});

function load(...ids) {
  segments.load(
    ids.map((speaker, index) => ({ index, start: index, end: index + 1, text: "раз", speaker })),
  );
}

test("shares are those of the segments, speakers are in the order of their numbers", () => {
  load("S2", "S1", "S2", "S2", null);
  speakers.load([{ id: "S2", name: "Анна" }, { id: "S1", name: null, merged: ["S3"] }]);
  assert.deepEqual(
    speakers.list.map(({ label, share, merged }) => [label, share, merged]),
    [
      ['speaker.unnamed {"number":1}', 0.25, ["S3"]],
      ["Анна", 0.75, []],
    ],
  );
});

test("a suggested name is kept beside the speaker and is not taken over", () => {
  load("S1", "S2");
  const suggestion = { voice: "v", name: "Анна", certainty: 0.87 };
  speakers.load([{ id: "S1", name: null, suggestion }, { id: "S2", suggestion: null }]);
  assert.deepEqual(
    speakers.list.map(({ label, suggestion: each }) => [label, each]),
    [['speaker.unnamed {"number":1}', suggestion], ['speaker.unnamed {"number":2}', null]],
  );
});

test("a key goes to the speaker that a merged one is shown as, or to the next new one", () => {
  load("S1", "S2");
  speakers.load([{ id: "S1", merged: ["S3"] }, { id: "S2" }]);
  assert.deepEqual([1, 2, 3, 4, 5].map((number) => speakers.idOf(number)), [
    "S1", "S2", "S1", "S4", null,
  ]);
});

test("a text without speakers begins with the first one", () => {
  load(null, null);
  speakers.load([]);
  assert.deepEqual([speakers.idOf(1), speakers.idOf(2)], ["S1", null]);
});

test("a phrase given to another speaker changes the shares", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  load("S1", "S2");
  speakers.load([]);
  segments.set(1, "speaker", "S1", "assign");
  context.mock.timers.tick(100);
  assert.deepEqual(speakers.list.map(({ id, share }) => [id, share]), [["S1", 1]]);
});

test("a text without speakers announces nothing while it grows", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let nChanges = 0;
  speakers.addEventListener("changed", () => (nChanges += 1));
  load(null);
  context.mock.timers.tick(100);
  assert.equal(nChanges, 0);
});

test("colours repeat after eight speakers", () => {
  assert.equal(colourClass("S9"), colourClass("S1"));
  assert.notEqual(colourClass("S8"), colourClass("S1"));
});
