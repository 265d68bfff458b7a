import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";

// what modules use as they load
globalThis.location = new URL("http://localhost/");
const storage = { getItem: () => null, setItem: () => {} };
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(globalThis, name, { value: storage, configurable: true });
}

const WEB = new URL("../../src/frontend/web/", import.meta.url);
// needs its page, which tests/browser open
const OF_A_PAGE = "shared/shared.js";
const MODULES = globSync("**/*.js", { cwd: WEB }).filter((module) => module !== OF_A_PAGE);

test("there are modules to load", () => {
  assert.ok(MODULES.includes("reader/reader.js"));
});

for (const module of MODULES) {
  test(`${module} loads: each name that it imports is exported`, async () => {
    await import(new URL(module, WEB));
  });
}
