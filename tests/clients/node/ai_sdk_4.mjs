// Transcribes with AI SDK 4 and its provider of OpenAI; prints what came back as JSON.
// Usage: node ai_sdk_4.mjs BASE_URL RECORDING

import { experimental_transcribe as transcribe } from "ai4";
import { createOpenAI } from "ai-openai1";
import { transcribeAndPrint } from "./ai_sdk.mjs";

await transcribeAndPrint(transcribe, createOpenAI);
