import assert from "node:assert/strict";
import { test } from "node:test";
import { loudestExcerptStart } from "../../src/frontend/web/uploader/loudest_excerpt.js";
import {
  analyzedText,
  estimateText,
  factsText,
  loudnessText,
} from "../../src/frontend/web/uploader/recording_card.js";
import { State } from "../../src/frontend/web/uploader/upload.js";
import { progressText } from "../../src/frontend/web/uploader/upload_progress.js";
import { UploadSpeed } from "../../src/frontend/web/uploader/upload_speed.js";
import { english, translators } from "./texts.mjs";

const WAV = { duration_s: 65, codec: "pcm_s16le", channels: 1, sample_rate: 44_100, size_bytes: 2048 };
const SENDING = { state: State.SENDING, sentBytes: 512, size: 2048, bytesPerSecond: null };

test("a recording is described by length, codec, channels, rate and size", () => {
  assert.equal(factsText(english, WAV), "1\xa0min 5\xa0s · PCM · mono · 44.1 kHz · 2\xa0KB");
  assert.match(factsText(english, { ...WAV, codec: "mp3float", channels: 2 }), /MP3 · stereo/);
  assert.match(factsText(english, { ...WAV, channels: 6 }), /6 channels/);
});

test("each level of loudness has its own words, in every language", () => {
  for (const t of translators) {
    const texts = [-60, -40, -20, -5].map((loudness_lufs) =>
      loudnessText(t, { loudness_lufs, peak_dbfs: -3 }),
    );
    assert.equal(new Set(texts.map((text) => text.replace(/[−\d]/g, ""))).size, 4);
    assert.match(texts[0], /−60 LUFS/);
  }
});

test("silence and clipping are said; a sound too short to measure says nothing", () => {
  for (const t of translators) {
    assert.notEqual(loudnessText(t, { loudness_lufs: null, peak_dbfs: -90 }), "");
    assert.equal(loudnessText(t, { loudness_lufs: null, peak_dbfs: -10 }), "");
    const [clipped, clean] = [0, -3].map((peak_dbfs) =>
      loudnessText(t, { loudness_lufs: -20, peak_dbfs }),
    );
    assert.ok(clipped.startsWith(clean) && clipped.length > clean.length);
  }
});

test("it is said if only the beginning was analysed, and how much", () => {
  const [ru, en] = ["ru", "en"].map((name) => translators.find(({ language }) => language === name));
  assert.match(analyzedText(en, { analyzed_s: 4194 }), /beginning was analysed: 1\xa0h 9\xa0min\./);
  assert.match(analyzedText(ru, { analyzed_s: 4194 }), /только начало записи: 1\xa0ч 9\xa0мин\./);
  assert.equal(analyzedText(en, { analyzed_s: null }), "");
});

test("the wait counts the recordings before it, and is unknown before the first transcription", () => {
  const noon = new Date(2026, 0, 1, 12, 0).getTime();
  assert.match(estimateText(english, 300, 600, noon), /in 15 minutes.*12:15/);
  assert.notEqual(estimateText(english, null, 600, noon), estimateText(english, 0, 0, noon));
});

test("an upload says how far, how fast and how long; before the speed is known, how far", () => {
  assert.equal(progressText(english, SENDING), "512\xa0B of 2\xa0KB");
  const fast = { ...SENDING, bytesPerSecond: 1024, secondsLeft: 1.5 };
  assert.match(progressText(english, fast), /512\xa0B of 2\xa0KB · 1\xa0KB\/s · .*2\xa0s/);
});

test("each state without a notice of its own has words, in every language", () => {
  for (const t of translators) {
    for (const state of [State.WAITING, State.PAUSED, State.NEEDS_FILE, State.SENDING]) {
      assert.notEqual(progressText(t, { ...SENDING, state }), "", state);
    }
    assert.notEqual(
      progressText(t, { ...SENDING, isRetrying: true }),
      progressText(t, SENDING),
    );
    for (const state of [State.READY, State.FAILED, State.TOO_LARGE]) {
      assert.equal(progressText(t, { ...SENDING, state }), "");
    }
  }
});

test("the speed is that of the last eight seconds", () => {
  const speed = new UploadSpeed();
  speed.add(0, 0);
  speed.add(100, 400);
  assert.equal(speed.bytesPerSecond, null); // half a second is the least to measure by
  speed.add(1000, 1000);
  assert.equal(speed.bytesPerSecond, 1000);
  speed.add(1000, 9000); // nothing for eight seconds
  assert.equal(speed.bytesPerSecond, 0);
  speed.reset();
  assert.equal(speed.bytesPerSecond, null);
});

test("the excerpt to play is the loudest one", () => {
  const waveform = { bucket_s: 2, peaks: [0.9, 0, 0, 0.1, 0.5, 0.5, 0.1] };
  assert.equal(loudestExcerptStart(waveform, 4), 8);
  assert.equal(loudestExcerptStart({ bucket_s: 2, peaks: [0.3] }, 8), 0);
});
