import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Segments } from "../../src/frontend/web/reader/segments.js";

let segments;
let events;
beforeEach(() => {
  segments = new Segments();
  events = [];
  for (const name of ["reset", "added", "changed", "replaced"]) {
    segments.addEventListener(name, ({ detail }) => events.push(detail ? { ...detail } : name));
  }
});

function received(index, text, more = {}) {
  return { index, start: index, end: index + 1, text, ...more };
}

test("segments are kept trimmed, and without words or doubts where the backend sends none", () => {
  segments.load([received(0, " раз ")]);
  const [segment] = segments;
  assert.equal(segment.text, "раз");
  assert.deepEqual([segment.words, segment.unsure, segment.unsureWords], [[], [], []]);
  assert.ok(!segment.isCorrected);
  assert.deepEqual(events, ["added"]);
});

test("a segment that comes twice over a new connection is there once", () => {
  segments.add(received(0, "раз"));
  segments.add(received(0, "раз"));
  segments.add(received(1, "два"));
  assert.deepEqual(segments.texts(), ["раз", "два"]);
});

test("a segment that has changed takes the place of its earlier form", () => {
  segments.add(received(0, "раз два"));
  segments.add(received(0, "раз", { speaker: "S1" }));
  segments.add(received(1, "два", { speaker: "S2" }));
  assert.deepEqual(
    [...segments].map(({ text, speaker }) => [text, speaker]),
    [["раз", "S1"], ["два", "S2"]],
  );
});

test("a longer transcript updates the segments that are there and appends the rest", () => {
  segments.load([received(0, "раз")]);
  events.length = 0;
  segments.load([received(0, "Раз"), received(1, "два")]);
  assert.deepEqual(segments.texts(), ["Раз", "два"]);
  assert.deepEqual(events, [{ position: 0, field: null, origin: "loaded" }, "added"]);
});

test("a shorter transcript, as after a resumed job, replaces all segments", () => {
  segments.load([received(0, "раз"), received(1, "два")]);
  events.length = 0;
  segments.load([received(0, "три")]);
  assert.deepEqual(segments.texts(), ["три"]);
  assert.equal(events[0], "reset");
});

test("a corrected segment knows the model's text, and is not corrected once it is restored", () => {
  segments.load([received(0, "раз!", { original_text: "раз" })]);
  assert.ok(segments.at(0).isCorrected);
  segments.set(0, "text", "раз", "restore");
  assert.ok(!segments.at(0).isCorrected);
  assert.deepEqual(events.at(-1), { position: 0, field: "text", origin: "restore" });
});

test("the same text again is no change", () => {
  segments.load([received(0, "раз")]);
  events.length = 0;
  segments.set(0, "text", "раз", "typing");
  assert.deepEqual(events, []);
});

test("a saved segment takes over the backend's doubts, but not its text", () => {
  segments.load([received(0, "раз", { unsure: ["guessed"], unsure_words: [0] })]);
  segments.set(0, "text", "раз и ещё", "typing");
  segments.confirm(received(0, "раз и"));
  assert.equal(segments.at(0).text, "раз и ещё");
  assert.deepEqual([segments.at(0).unsure, segments.at(0).unsureWords], [[], []]);
  assert.deepEqual(events.at(-1), { position: 0, field: null, origin: "saved" });
});

test("a split segment has two in its place, which are found by their index", () => {
  segments.load([received(0, "раз два"), received(1, "три")]);
  events.length = 0;
  segments.replace(0, 1, [received(0, "раз"), received(2, "два")]);
  assert.deepEqual(segments.texts(), ["раз", "два", "три"]);
  assert.deepEqual([0, 1, 2, 9].map((index) => segments.positionOf(index)), [0, 2, 1, -1]);
  assert.deepEqual(events, [{ position: 0, removed: 1, added: 2 }]);
});

test("segments that another tab split or joined are drawn again", () => {
  segments.load([received(0, "раз два"), received(1, "три")]);
  events.length = 0;
  segments.load([received(0, "раз"), received(2, "два"), received(1, "три")]);
  assert.deepEqual(events, ["reset", "added"]);
});

test("the model's own words are shown instead of the text, and take the clicks", () => {
  // If this fails, a click plays another word than the one that is shown.
  const segments = new Segments();
  const words = [{ word: "25", spoken: "двадцать пять", start: 0 }, { word: "лет", start: 1 }];
  segments.load([
    { index: 0, start: 0, end: 2, text: "25 лет", raw_text: "двадцать пять лет", words },
    { index: 1, start: 2, end: 3, text: "Да!", original_text: "Да", words: [] },
  ]);
  const changed = [];
  segments.addEventListener("changed", ({ detail }) => changed.push(detail.position));
  assert.ok(segments.hasRaw);
  assert.equal(segments.shown(0).text, "25 лет");
  segments.showsRaw = true;
  assert.deepEqual(changed, [0, 1]);
  assert.deepEqual([0, 1].map((each) => segments.shown(each).text), ["двадцать пять лет", "Да"]);
  assert.deepEqual(segments.shown(0).words.map(({ word }) => word), ["двадцать пять", "лет"]);
  segments.load([{ index: 0, start: 0, end: 1, text: "раз", words: [] }]);
  assert.ok(!segments.hasRaw);
});
