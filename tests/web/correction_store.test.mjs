import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { CorrectionStore } from "../../src/frontend/web/reader/correction_store.js";
import { FakeStorage, settle, useFakeStorage } from "./stand_ins.mjs";

let saves;
let states;
let saved;
/** Errors of the next calls of `save`, null for a success. */
let outcomes;

beforeEach(() => {
  useFakeStorage();
  [saves, states, saved, outcomes] = [[], [], [], []];
});

function newStore(jobId = "job") {
  const store = new CorrectionStore({
    jobId,
    save: async (index, correction) => {
      saves.push([index, ...Object.values(correction)]);
      const error = outcomes.shift();
      if (error) throw error;
      return { index, ...correction };
    },
    onSaved: (segment) => saved.push(segment),
  });
  store.addEventListener("state", () => states.push(store.state));
  return store;
}

const unavailable = () => Object.assign(new Error("unavailable"), { isUnavailable: true });
const refused = () => Object.assign(new Error("refused"), { isUnavailable: false });

test("while the user types, only the last text is saved", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const store = newStore();
  store.add(0, "text", "р");
  context.mock.timers.tick(599);
  store.add(0, "text", "раз");
  context.mock.timers.tick(599);
  assert.deepEqual(saves, []);
  context.mock.timers.tick(1);
  await settle();
  assert.deepEqual(saves, [[0, "раз"]]);
  assert.deepEqual(saved, [{ index: 0, text: "раз" }]);
  assert.equal(store.state, "saved");
});

test("until it is saved, a correction survives a reload; afterwards nothing is left", async () => {
  const store = newStore();
  store.add(3, "text", "три");
  assert.ok(store.isPending(3, "text"));
  assert.deepEqual(newStore().unsaved(), [[3, "text", "три"]]);
  assert.deepEqual(newStore("other").unsaved(), []);
  await store.flush();
  assert.ok(!store.isPending(3, "text"));
  assert.deepEqual(store.unsaved(), []);
});

test("an unavailable backend is tried again, later each time", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  outcomes = [unavailable(), unavailable(), null];
  const store = newStore();
  store.add(0, "text", "раз");
  const flushed = store.flush();
  await settle();
  assert.equal(store.state, "retrying");
  context.mock.timers.tick(1000);
  await settle();
  context.mock.timers.tick(1999);
  await settle();
  assert.equal(saves.length, 2);
  context.mock.timers.tick(1);
  await flushed;
  assert.equal(saves.length, 3);
  assert.equal(store.state, "saved");
});

test("a flush, as when the connection is back, does not wait for the next try", async () => {
  outcomes = [unavailable(), null];
  const store = newStore();
  store.add(0, "text", "раз");
  store.flush();
  await settle();
  await store.flush();
  assert.deepEqual(saves.length, 2);
});

test("a refused correction is reported and kept for the next visit; others are saved", async () => {
  outcomes = [refused(), null];
  const store = newStore();
  store.add(0, "text", "раз");
  store.add(1, "text", "два");
  await store.flush();
  assert.equal(store.state, "refused");
  assert.equal(store.error.message, "refused");
  assert.deepEqual(saved, [{ index: 1, text: "два" }]);
  assert.deepEqual(store.unsaved(), [[0, "text", "раз"]]);
});

test("a text changed while it is being saved is saved again", async () => {
  const store = newStore();
  store.add(0, "text", "раз");
  const flushed = store.flush();
  store.add(0, "text", "раз, два");
  await flushed;
  assert.deepEqual(saves, [[0, "раз"], [0, "раз, два"]]);
  assert.deepEqual(saved, [{ index: 0, text: "раз, два" }]);
  assert.deepEqual(store.unsaved(), []);
});

test("a full storage does not keep a correction from the backend", async () => {
  FakeStorage.isFull = true;
  const store = newStore();
  store.add(0, "text", "раз");
  await store.flush();
  assert.equal(store.state, "saved");
});

test("the corrections of a deleted transcription are deleted, and no others", () => {
  newStore().add(0, "text", "раз");
  newStore("other").add(0, "text", "два");
  newStore().deleteUnsaved();
  assert.deepEqual(newStore().unsaved(), []);
  assert.deepEqual(newStore("other").unsaved(), [[0, "text", "два"]]);
});

test("who says a segment is saved beside its text, and null survives a reload too", async () => {
  const store = newStore();
  store.add(0, "text", "раз");
  store.add(0, "speaker", "S2");
  store.add(1, "speaker", null);
  assert.deepEqual(newStore().unsaved().sort(), [
    [0, "speaker", "S2"],
    [0, "text", "раз"],
    [1, "speaker", null],
  ]);
  await store.flush();
  assert.deepEqual(saves, [[0, "раз"], [0, "S2"], [1, null]]);
  assert.deepEqual(store.unsaved(), []);
});
