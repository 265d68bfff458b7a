import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressEstimate } from "../../src/frontend/web/reader/progress_estimate.js";

function estimateAt() {
  const clock = { ms: 0 };
  return { clock, estimate: new ProgressEstimate(() => clock.ms) };
}

test("between two reports the share moves so that the end comes when the estimate says", () => {
  const { clock, estimate } = estimateAt();
  estimate.report(0.2, 40);
  assert.equal(estimate.share(), 0.2);
  clock.ms = 20_000;
  assert.ok(Math.abs(estimate.share() - 0.6) < 1e-9);
});

test("the share never decreases, and is complete only when it is reported", () => {
  const { clock, estimate } = estimateAt();
  estimate.report(0.5, 10);
  clock.ms = 60_000;
  assert.equal(estimate.share(), 0.99);
  estimate.report(0.6, 30);
  assert.equal(estimate.share(), 0.99);
  estimate.report(1, 0);
  assert.equal(estimate.share(), 1);
});

test("without an estimate the share is the reported one", () => {
  const { clock, estimate } = estimateAt();
  estimate.report(0.25, null);
  clock.ms = 5000;
  assert.equal(estimate.share(), 0.25);
});
