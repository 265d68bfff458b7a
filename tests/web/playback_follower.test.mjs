import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PlaybackFollower } from "../../src/frontend/web/reader/playback_follower.js";
import { Segments } from "../../src/frontend/web/reader/segments.js";
import { FakeElement, useFakeDocument } from "./stand_ins.mjs";

let player;
let transcript;
let rows;
let revealed;
let ranges;
let onWheel;
let follower;

beforeEach(() => {
  useFakeDocument();
  globalThis.innerHeight = 1000;
  globalThis.addEventListener = (name, listener) => name === "wheel" && (onWheel = listener);
  [revealed, ranges] = [[], []];
  player = Object.assign(new EventTarget(), { isPlaying: true, hasStarted: true, currentTime: 0 });
  player.playFrom = (time) => (player.currentTime = time);
  const segments = new Segments();
  const words = [{ word: " раз", start: 0 }, { word: " два", start: 1 }];
  segments.load([
    { index: 0, start: 0, end: 2, text: "раз два", words },
    { index: 1, start: 5, end: 6, text: "три", words: [] },
  ]);
  rows = [new FakeElement("li"), new FakeElement("li")];
  for (const row of rows) {
    row.removeAttribute = (name) => row.attributes.delete(name);
    row.getBoundingClientRect = () => ({ top: 2000, bottom: 2020 });
  }
  transcript = {
    root: new FakeElement("ol"),
    row: (position) => rows[position],
    range: (...range) => ranges.push(range) && range,
    reveal: (position) => revealed.push(position),
    setActive: () => {},
  };
  follower = new PlaybackFollower({ player, segments, transcript, signal: new AbortController().signal });
});


function playTo(time) {
  player.currentTime = time;
  player.dispatchEvent(new Event("time"));
}

const current = () => rows.map((row) => row.getAttribute("aria-current"));

test("the segment that is spoken is marked and scrolled to", () => {
  playTo(0.5);
  assert.deepEqual(current(), ["true", null]);
  playTo(5.5);
  assert.deepEqual(current(), [null, "true"]);
  assert.deepEqual(revealed, [0, 1]);
});

test("the word that is spoken is highlighted, once", () => {
  playTo(0.5);
  playTo(0.6);
  playTo(1.5);
  assert.deepEqual(ranges, [[0, 0, 3], [0, 4, 7]]);
});

test("in the pause after a segment no word is highlighted", () => {
  playTo(1.5);
  ranges.length = 0;
  playTo(4);
  assert.deepEqual(current(), ["true", null]);
  assert.deepEqual(ranges, []);
});

test("before the recording has been played, nothing is marked", () => {
  player.hasStarted = false;
  playTo(0);
  assert.deepEqual(current(), [null, null]);
});

test("a user who scrolls away is left there, until following is resumed", () => {
  let nChanges = 0;
  follower.addEventListener("following", () => (nChanges += 1));
  playTo(0.5);
  onWheel();
  playTo(5.5);
  assert.deepEqual(revealed, [0]);
  assert.ok(!follower.isFollowing);
  follower.resume();
  assert.deepEqual(revealed, [0, 1]);
  assert.equal(nChanges, 2);
});

test("a time that was rounded down in an address still leads to its segment", () => {
  follower.playFrom(4.999);
  assert.deepEqual(revealed, [1]);
  assert.equal(player.currentTime, 4.999);
});
