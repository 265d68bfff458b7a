// The page's texts, which pytest writes into a file for these tests (PAGE_TEXTS).

import { readFileSync } from "node:fs";
import { Translator } from "../../src/frontend/web/common/translator.js";

const texts = JSON.parse(readFileSync(process.env.PAGE_TEXTS, "utf-8"));

/** One translator for each language; it throws for a key that has no text. */
export const translators = Object.entries(texts).map(
  ([language, labels]) => new Translator(language, labels),
);
export const english = translators.find(({ language }) => language === "en");
