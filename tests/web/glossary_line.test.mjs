// If these fail, "always so" saves a wrong term, which then spoils all new transcriptions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { glossaryLine } from "../../src/frontend/web/reader/glossary_line.js";

test("the words that were replaced become a term, without the marks around them", () => {
  assert.equal(glossaryLine("Вот джейсон, да.", "Вот JSON, да."), "джейсон = JSON");
  assert.equal(glossaryLine("это джи пи ти.", "это GPT."), "джи пи ти = GPT");
  assert.equal(glossaryLine("язык си плюс плюс", "язык C++ 23"), "си плюс плюс = C++ 23");
  assert.equal(glossaryLine("раз раз два три", "раз раз дважды три"), "два = дважды");
});

test("a word whose case was changed is a term of its own", () => {
  assert.equal(glossaryLine("пришёл лось", "пришёл Лось"), "Лось");
});

test("what is no correction of a term is not offered", () => {
  const corrections = [
    ["раз два", "раз два"],
    ["раз два", "раз, два!"],
    ["раз два три", "раз три"],
    ["раз три", "раз два три"],
    ["он и она", "он а она"],
    ["раз = два", "раз = двадцать=два"],
    ["а б в г д", "раз два три четыре пять"],
    ["слово", "ж".repeat(200)],
    ["", "слово"],
  ];
  for (const [before, after] of corrections) {
    assert.equal(glossaryLine(before, after), null, `${before} -> ${after}`);
  }
});
