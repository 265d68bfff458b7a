// Transcribes with a version of AI SDK and of its provider of OpenAI.

import { readFile } from "node:fs/promises";

/** Print as JSON what the recording in `argv` gives; `argv` holds the base URL, too. */
export async function transcribeAndPrint(transcribe, createOpenAI) {
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
}
