import assert from "node:assert/strict";
import { test } from "node:test";
import { jobFacts } from "../../src/frontend/web/reader/job_facts.js";
import { isPunctuated, progressText, soundsDifferent, stageText } from "../../src/frontend/web/reader/status_panel.js";
import { warningValues } from "../../src/frontend/web/reader/audio_tracks.js";
import { english, translators } from "./texts.mjs";

function running(progress) {
  return { status: "running", progress: { stage: "transcribing", processed_s: 0, total_s: 0, eta_s: null, ...progress } };
}

const QUEUED = { status: "queued", progress: { stage: null }, queue_position: 2 };

test("a queued job says its place, once it has one", () => {
  assert.match(progressText(english, QUEUED), /2/);
  assert.equal(progressText(english, { ...QUEUED, queue_position: null }), "");
  assert.equal(stageText(english, QUEUED), english.text("running.queued"));
});

test("a running job says the share done and the time left, once it is estimated", () => {
  const job = running({ processed_s: 599, total_s: 600, eta_s: 125 });
  assert.equal(progressText(english, job), "99% · about 2 minutes left");
  assert.equal(progressText(english, running({ processed_s: 60, total_s: 600 })), "10%");
});

test("before the transcription itself there is no share to say", () => {
  assert.equal(progressText(english, running({ stage: "decoding", total_s: 600 })), "");
  assert.equal(progressText(english, running({ total_s: 0 })), "");
});

test("a resumed job keeps the share that it had, while it waits and is read again", () => {
  const progress = { processed_s: 60, total_s: 600, eta_s: null };
  const queued = { ...QUEUED, progress: { stage: null, ...progress } };
  assert.match(progressText(english, queued), /2.* · 10%/);
  assert.equal(progressText(english, running({ stage: "decoding", ...progress })), "10%");
});

test("a language that was detected against the chosen one is noticed, and no other", () => {
  const job = (language, detected_language) => ({ options: { language }, detected_language });
  assert.ok(soundsDifferent(job("ru", "en")));
  for (const same of [job("ru", "ru"), job("auto", "en"), job("ru", null), job("ru", undefined)]) {
    assert.ok(!soundsDifferent(same));
  }
});

test("only a completed text without its marks is waited for", () => {
  assert.ok(isPunctuated({ status: "completed", progress: { stage: "punctuating" } }));
  assert.ok(!isPunctuated({ status: "completed", progress: { stage: "done" } }));
  assert.ok(!isPunctuated(running({})));
});

test("each stage has words, in every language", () => {
  for (const t of translators) {
    const stages = ["decoding", "detecting_speech", "measuring_loudness", "finding_speakers", "transcribing", "punctuating", "done", null];
    const texts = stages.map((stage) => stageText(t, running({ stage })));
    assert.equal(new Set(texts).size, stages.length);
  }
});

test("a finished job says its length, language, words and time taken", () => {
  const job = {
    status: "completed",
    file: { duration_s: 60 },
    result: { text: " one two  three ", language: "ru" },
    started_at: "2026-01-01T00:00:00Z",
    finished_at: "2026-01-01T00:00:30Z",
  };
  const [length, language, words, took] = jobFacts(english, job);
  assert.deepEqual([length, language, words], ["1\xa0min", "Russian", "3 words"]);
  assert.match(took, /30\xa0s/);
  assert.deepEqual(jobFacts(english, { ...job, cached: true }).slice(3), [english.text("result.cached")]);
});

test("a recording without speech says no language and no words", () => {
  const job = { status: "running", file: { duration_s: null }, result: { text: " ", language: "ru" } };
  assert.deepEqual(jobFacts(english, job), []);
});

test("the warning about further audio tracks names them, whatever a file calls its language", () => {
  const tracks = [
    { number: 1, language: "eng", title: "Desktop Audio" },
    { number: 2, language: "r!", title: null },
    { number: 3, language: null, title: null },
  ];
  const values = warningValues(english, { audio_track: 2, audio_tracks: tracks });
  const text = english.text("warning.other_audio_tracks", values);
  assert.match(text, /1 \(English, Desktop Audio\), 2 \(r!\), 3/);
  assert.match(text, /Track 2 was/);
});
