// Transcribes with AI SDK 4 and its provider of OpenAI; prints what came back as JSON.
// Usage: node ai_sdk_4.mjs BASE_URL RECORDING

import { readFile } from "node:fs/promises";
import { experimental_transcribe as transcribe } from "ai4";
import { createOpenAI } from "ai-openai1";

const [baseURL, path] = process.argv.slice(2);
const openai = createOpenAI({ baseURL, apiKey: "any" });
const audio = await readFile(path);

const found = {};
for (const model of ["whisper-1", "gpt-4o-transcribe"]) {
  const { text, segments, language, durationInSeconds } = await transcribe({
    model: openai.transcription(model),
    audio,
    providerOptions: { openai: { language: "ru", timestampGranularities: ["word"] } },
  });
  found[model] = { text, segments, language, durationInSeconds };
}
console.log(JSON.stringify(found));
