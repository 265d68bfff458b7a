// Transcribes with AI SDK 5 and its provider of OpenAI; prints what came back as JSON.
// Usage: node ai_sdk_5.mjs BASE_URL RECORDING

import { experimental_transcribe as transcribe } from "ai5";
import { createOpenAI } from "ai-openai2";
import { transcribeAndPrint } from "./ai_sdk.mjs";

await transcribeAndPrint(transcribe, createOpenAI);
