// Call the page's translator: {language, labels, calls: [[method, ...arguments]]} on stdin,
// the list of answers on stdout.

import { readFileSync } from "node:fs";
import { Translator, clock } from "../../src/frontend/web/common/translator.js";

const { language, labels, calls } = JSON.parse(readFileSync(0, "utf-8"));
const t = new Translator(language, labels);
const answers = calls.map(([method, ...values]) =>
  method === "clock" ? clock(...values) : t[method](...values),
);
process.stdout.write(JSON.stringify(answers));
