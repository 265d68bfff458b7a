import assert from "node:assert/strict";
import { test } from "node:test";
import { RetryPolicy, isRetryable } from "../../src/frontend/web/uploader/retry_policy.js";

const NOW_MS = Date.UTC(2026, 0, 1);


function fakeTimers(context) {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW_MS });
  return context.mock.timers;
}

/** Return whether a wait is over after `ms` of the fake clock, and not one millisecond earlier. */
async function endsAfter(timers, wait, ms) {
  let isOver = false;
  wait.then(() => (isOver = true));
  timers.tick(ms - 1);
  await Promise.resolve();
  const isEarly = isOver;
  timers.tick(1);
  await wait;
  return !isEarly;
}

test("a broken connection, a busy upload and a server's failure are worth another try", () => {
  for (const status of [0, 408, 409, 423, 429, 460, 500, 502, 503, 504]) assert.ok(isRetryable(status), status);
});

test("a refusal and a full disk are not", () => {
  for (const status of [400, 401, 404, 413, 415, 507]) assert.ok(!isRetryable(status), status);
});

test("each wait is longer than the one before, up to ten seconds", async (context) => {
  const timers = fakeTimers(context);
  const policy = new RetryPolicy();
  for (const ms of [500, 1000, 2000, 5000, 10_000, 10_000]) {
    assert.ok(await endsAfter(timers, policy.wait(null), ms), ms);
  }
});

test("progress starts the waits from the shortest again", async (context) => {
  const timers = fakeTimers(context);
  const policy = new RetryPolicy();
  assert.ok(await endsAfter(timers, policy.wait(null), 500));
  policy.reset();
  assert.ok(await endsAfter(timers, policy.wait(null), 500));
});

test("the server's Retry-After is kept, as seconds or as a date", async (context) => {
  const timers = fakeTimers(context);
  assert.ok(await endsAfter(timers, new RetryPolicy().wait("7"), 7000));
  const inTwentySeconds = new Date(Date.now() + 20_000).toUTCString();
  assert.ok(await endsAfter(timers, new RetryPolicy().wait(inTwentySeconds), 20_000));
});

test("a Retry-After of a day is cut to five minutes, and one in the past is ignored", async (context) => {
  const timers = fakeTimers(context);
  assert.ok(await endsAfter(timers, new RetryPolicy().wait("86400"), 300_000));
  const past = new Date(NOW_MS - 60_000).toUTCString();
  assert.ok(await endsAfter(timers, new RetryPolicy().wait(past), 500));
});

test("it is exhausted after fifteen waits in a row", async (context) => {
  const timers = fakeTimers(context);
  const policy = new RetryPolicy();
  for (let attempt = 0; attempt < 15; attempt++) {
    assert.ok(!policy.isExhausted);
    const wait = policy.wait(null);
    timers.tick(10_000);
    await wait;
  }
  assert.ok(policy.isExhausted);
});

test("an aborted wait ends at once with the signal's reason", async () => {
  const stop = new AbortController();
  const wait = new RetryPolicy().wait(null, stop.signal);
  const reason = new Error("paused");
  stop.abort(reason);
  await assert.rejects(wait, reason);
});

test("a wait does not begin under a signal that is aborted already", async () => {
  await assert.rejects(new RetryPolicy().wait(null, AbortSignal.abort(new Error("paused"))), /paused/);
});
