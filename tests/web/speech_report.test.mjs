import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SpeechReport, summaryText } from "../../src/frontend/web/reader/speech_report.js";
import { useFakeDocument } from "./stand_ins.mjs";
import { english, translators } from "./texts.mjs";

const MUSIC = { start: 62, end: 70.4, kind: "music" };
const NOISE = { start: 80, end: 83.6, kind: "noise" };
const AGAIN = { start: 75, end: 79, kind: "decoded_again" };
const KINDS = ["music", "noise", "doubtful", "dropped_as_silence", "decoded_again"];

beforeEach(useFakeDocument);

function texts(report) {
  return report.list.children.map((row) => row.children.map(({ textContent }) => textContent));
}

test("speech that was decoded again does not count as speech without words", () => {
  assert.equal(summaryText(english, [MUSIC, AGAIN, NOISE]), "Without words: 2 places, 12\xa0s");
  const ru = translators.find(({ language }) => language === "ru");
  assert.equal(summaryText(ru, [MUSIC, NOISE]), "Без слов: 2 места, 12\xa0с");
  assert.match(summaryText(english, [AGAIN]), /second attempt: 1 place, 4\xa0s/);
});

test("time in which two channels have no words counts once", () => {
  const other = { start: 60, end: 66, kind: "noise" };
  const inside = { start: 63, end: 64, kind: "doubtful" };
  const text = summaryText(english, [MUSIC, other, inside, NOISE]);
  assert.equal(text, "Without words: 4 places, 14\xa0s");
});

test("each kind has words of its own, in every language", () => {
  for (const t of translators) {
    assert.equal(new Set(KINDS.map((kind) => t.text(`report.${kind}`))).size, KINDS.length);
  }
});

test("nothing is shown without items; each item says its time, kind and length", () => {
  const report = new SpeechReport({ t: english, onPlay: () => {} });
  assert.equal(report.root.hidden, true);
  report.show([MUSIC, AGAIN]);
  assert.equal(report.root.hidden, false);
  assert.deepEqual(texts(report)[0], ["1:02", english.text("report.music"), "8\xa0s"]);
  assert.equal(texts(report).length, 2);
  report.show([]);
  assert.equal(report.root.hidden, true);
});

test("a click plays from the item, and new items leave the others where they are", () => {
  const played = [];
  const report = new SpeechReport({ t: english, onPlay: (start) => played.push(start) });
  report.show([MUSIC]);
  const [row] = report.list.children;
  report.show([MUSIC, NOISE]);
  assert.equal(report.list.children[0], row);
  for (const { children: [button] } of report.list.children) button.click();
  assert.deepEqual(played, [62, 80]);
});
