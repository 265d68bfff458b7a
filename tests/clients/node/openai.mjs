// Calls OpenAI's API with its client for Node; prints what came back as JSON.
// Usage: node openai.mjs BASE_URL RECORDING

import { createReadStream } from "node:fs";
import OpenAI from "openai";

const [baseURL, path] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "any", maxRetries: 0 });

const call = (options) =>
  client.audio.transcriptions.create({
    file: createReadStream(path),
    model: "whisper-1",
    language: "ru",
    ...options,
  });

const found = {};
for (const format of ["json", "text", "srt", "vtt", "verbose_json"]) {
  found[format] = await call({ response_format: format });
}
found.words = (
  await call({ response_format: "verbose_json", timestamp_granularities: ["word", "segment"] })
).words;
found.logprobs = (await call({ include: ["logprobs"] })).logprobs;
found.events = [];
for await (const event of await call({ stream: true })) found.events.push(event);
found.translation = (
  await client.audio.translations.create({ file: createReadStream(path), model: "whisper-1" })
).text;
found.model = (await client.models.retrieve("whisper-1")).id;
found.error = await call({ model: "gpt-5" }).catch((error) => ({
  name: error.constructor.name,
  status: error.status,
  code: error.code,
  param: error.param,
}));
console.log(JSON.stringify(found));
