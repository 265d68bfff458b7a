import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";
import { TusUpload, UploadRejectedError, offsetOf, terminate } from "../../src/frontend/web/uploader/tus.js";
import { FakeTusServer } from "./fake_tus_server.mjs";
import { settle } from "./stand_ins.mjs";

const MIB = 1024 ** 2;
const MIN_PIECE_BYTES = 512 * 1024;
const MAX_PIECE_BYTES = 4 * MIB;

let server;
beforeEach(() => {
  server = new FakeTusServer().install();
});

/** Let each request take the next of `durations`, in milliseconds; then a second. */
function letRequestsTake(context, durations) {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const answer = server.answer.bind(server);
  server.answer = (request) => {
    if (request.method === "PATCH") now += durations.shift() ?? 1000;
    return answer(request);
  };
}

/** Return the sizes of the pieces that a whole upload of `size` was sent in. */
function pieceSizes(size) {
  const offsets = server.requests
    .filter(({ method }) => method === "PATCH")
    .map(({ headers }) => headers["Upload-Offset"]);
  return offsets.map((offset, i) => (offsets[i + 1] ?? size) - offset);
}

/** A file of any size that takes no memory. */
function newFile(size) {
  return { size, slice: (start, end) => newFile(Math.min(end, size) - start) };
}

function newUpload(size, { id = null, ...callbacks } = {}) {
  return new TusUpload({
    file: newFile(size),
    id,
    name: "Звонок.wav",
    onCreated: () => {},
    onProgress: () => {},
    onRetry: () => {},
    ...callbacks,
  });
}

/** Wait for a promise while the fake clock runs. */
async function withTimePassing(context, start) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let isOver = false;
  const promise = start().finally(() => (isOver = true));
  promise.catch(() => {});
  while (!isOver) {
    await settle();
    context.mock.timers.tick(1000);
  }
  return promise;
}

test("a file goes up in pieces, and its name arrives in any script", async (context) => {
  letRequestsTake(context, [1]);
  const created = [];
  const progress = [];
  const size = MIN_PIECE_BYTES + MAX_PIECE_BYTES + 5;
  const upload = newUpload(size, {
    onCreated: (id) => created.push(id),
    onProgress: (bytes) => progress.push(bytes),
  });
  await upload.send();
  assert.deepEqual(server.methods, ["POST", "PATCH", "PATCH", "PATCH"]);
  assert.deepEqual(created, ["upload-1"]);
  assert.equal(server.uploads.get("upload-1").offset, size);
  assert.equal(progress.at(-1), size);
  const [, name] = server.requests[0].headers["Upload-Metadata"].split(" ");
  assert.equal(Buffer.from(name, "base64").toString("utf-8"), "Звонок.wav");
});

test("a piece takes about a second, so that a pause on a slow line loses little", async (context) => {
  letRequestsTake(context, [500, 500, 20_000, 1]);
  const size = 12 * MIB;
  await newUpload(size).send();
  const [first, second, third, fourth, fifth] = pieceSizes(size);
  assert.deepEqual([first, second, third], [MIN_PIECE_BYTES, MIB, 2 * MIB]);
  assert.deepEqual([fourth, fifth], [MIN_PIECE_BYTES, MAX_PIECE_BYTES]);
});

test("after a broken connection it continues with a small piece", async (context) => {
  letRequestsTake(context, [1]);
  server.failures.PATCH = [null, { status: 0 }];
  const size = 3 * MIN_PIECE_BYTES;
  await withTimePassing(context, () => newUpload(size).send());
  const [first, broken, third, fourth] = server.requests
    .filter(({ method }) => method === "PATCH")
    .map(({ headers }) => headers["Upload-Offset"]);
  assert.deepEqual([first, broken, third], [0, MIN_PIECE_BYTES, MIN_PIECE_BYTES]);
  assert.equal(fourth, 2 * MIN_PIECE_BYTES);
});

test("each piece has its checksum", async () => {
  const file = new Blob(["а".repeat(10)]);
  await new TusUpload({
    file, id: null, name: "a", onCreated() {}, onProgress() {}, onRetry() {},
  }).send();
  const digest = createHash("sha256").update("а".repeat(10)).digest("base64");
  assert.equal(server.requests[1].headers["Upload-Checksum"], `sha256 ${digest}`);
});

test("a piece that was damaged on its way is sent again", async (context) => {
  server.failures.PATCH = [{ status: 460 }];
  await withTimePassing(context, () => newUpload(10).send());
  assert.deepEqual(server.methods, ["POST", "PATCH", "HEAD", "PATCH"]);
});

test("the bytes go to the page's own server, whatever host the Location names", async () => {
  await newUpload(10).send();
  assert.equal(server.requests[1].url, "/backend/v1/uploads/upload-1");
});

test("an upload of an earlier visit continues at the server's offset", async () => {
  server.uploads.set("old", { size: 10, offset: 6 });
  await newUpload(10, { id: "old" }).send();
  assert.deepEqual(server.methods, ["HEAD", "PATCH"]);
  assert.equal(server.requests[1].headers["Upload-Offset"], 6);
});

test("after a broken connection it asks for the offset before it sends again", async (context) => {
  server.failures.PATCH = [{ status: 0 }];
  let nRetries = 0;
  const upload = newUpload(10, { onRetry: () => (nRetries += 1) });
  await withTimePassing(context, () => upload.send());
  assert.deepEqual(server.methods, ["POST", "PATCH", "HEAD", "PATCH"]);
  assert.equal(nRetries, 1);
});

test("an upload that the server has lost starts again from the beginning", async (context) => {
  const created = [];
  const upload = newUpload(10, { id: "lost", onCreated: (id) => created.push(id) });
  await withTimePassing(context, () => upload.send());
  assert.deepEqual(server.methods, ["HEAD", "POST", "PATCH"]);
  assert.deepEqual(created, ["upload-1"]);
});

test("a rejection ends the upload with the server's status and problem", async () => {
  server.failures.POST = [{ status: 413, body: "too large" }];
  await assert.rejects(newUpload(10).send(), (error) => {
    assert.ok(error instanceof UploadRejectedError);
    assert.deepEqual([error.status, error.body], [413, "too large"]);
    return true;
  });
});

test("a success without tus's header, such as a login page's, is not taken for the server's", async () => {
  server.failures.POST = [{ status: 200 }];
  await assert.rejects(newUpload(10).send(), UploadRejectedError);
});

test("it gives up when nothing has arrived after all attempts", async (context) => {
  server.failures.POST = Array.from({ length: 16 }, () => ({ status: 503 }));
  await assert.rejects(withTimePassing(context, () => newUpload(10).send()), UploadRejectedError);
  assert.equal(server.requests.length, 16);
});

test("it does not give up as long as some bytes arrive between the failures", async (context) => {
  const nPieces = 20;
  server.failures.PATCH = Array.from({ length: nPieces }, () => [{ status: 503 }, null]).flat();
  const upload = newUpload(nPieces * MIN_PIECE_BYTES);
  await withTimePassing(context, () => upload.send());
  assert.equal(server.uploads.get("upload-1").offset, nPieces * MIN_PIECE_BYTES);
});

test("a pause aborts the request that is running", async () => {
  const stop = new AbortController();
  const sending = newUpload(10).send(stop.signal);
  stop.abort(new Error("paused"));
  await assert.rejects(sending, /paused/);
});

test("the offset of an upload is a number, null when it is gone, NaN when unknown", async () => {
  server.uploads.set("here", { size: 10, offset: 7 });
  assert.equal(await offsetOf("here"), 7);
  assert.equal(await offsetOf("gone"), null);
  server.failures.HEAD = [{ status: 503 }];
  assert.ok(Number.isNaN(await offsetOf("here")));
});

test("a deletion is repeated while the server is busy with the upload", async (context) => {
  server.uploads.set("busy", { size: 10, offset: 7 });
  server.failures.DELETE = [{ status: 423 }];
  await withTimePassing(context, () => terminate("busy"));
  assert.deepEqual(server.methods, ["DELETE", "DELETE"]);
  assert.ok(!server.uploads.has("busy"));
});
