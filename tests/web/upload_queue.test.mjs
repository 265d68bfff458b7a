import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { UploadQueue } from "../../src/frontend/web/uploader/upload_queue.js";
import { State } from "../../src/frontend/web/uploader/upload.js";
import { resumableUploads, storeUpload } from "../../src/frontend/web/uploader/upload_store.js";
import { FakeTusServer } from "./fake_tus_server.mjs";
import { settle, useFakeStorage } from "./stand_ins.mjs";

let server;
let queue;
beforeEach(() => {
  useFakeStorage();
  server = new FakeTusServer().install();
  queue = new UploadQueue();
});

function newFile(name, size = 10) {
  return new File([new Uint8Array(size)], name, { lastModified: 5 });
}

const states = () => queue.uploads.map(({ state }) => state);

async function until(isReached) {
  const deadline = Date.now() + 5000; // a checksum takes time
  while (!isReached() && Date.now() < deadline) await settle();
  assert.ok(isReached(), `states: ${states()}`);
}

test("files are sent one at a time, in the order in which they were added", async () => {
  queue.add([newFile("a.wav"), newFile("b.wav")]);
  assert.deepEqual(states(), [State.SENDING, State.WAITING]);
  assert.equal(queue.nUploading, 2);
  await until(() => queue.readyIds.length === 2);
  assert.deepEqual(server.methods, ["POST", "PATCH", "POST", "PATCH"]);
  assert.deepEqual(queue.readyIds, ["upload-1", "upload-2"]);
  assert.equal(queue.nUploading, 0);
});

test("a file over the limit is never sent", async () => {
  queue.limitBytes = 9;
  queue.add([newFile("large.wav")]);
  await settle();
  assert.deepEqual(states(), [State.TOO_LARGE]);
  assert.deepEqual(queue.uploads[0].problem, { limitBytes: 9 });
  assert.deepEqual(server.requests, []);
});

test("a paused upload lets the next one go, and resumes at its offset", async () => {
  queue.add([newFile("a.wav"), newFile("b.wav")]);
  const [first] = queue.uploads;
  await until(() => first.id !== null);
  first.pause();
  await until(() => queue.readyIds.length === 1);
  assert.deepEqual(states(), [State.PAUSED, State.READY]);
  queue.resume(first);
  await until(() => queue.readyIds.length === 2);
});

test("a failed upload says why and does not hold up the next", async () => {
  const body = JSON.stringify({ type: "/problems/disk-full", request_id: "r1" });
  server.failures.POST = [{ status: 507, body }];
  queue.add([newFile("a.wav"), newFile("b.wav")]);
  await until(() => queue.readyIds.length === 1);
  assert.deepEqual(states(), [State.FAILED, State.READY]);
  assert.equal(queue.uploads[0].problem.kind, "disk_full");
  assert.equal(queue.uploads[0].problem.requestId, "r1");
});

test("a removed upload is deleted on the server and not offered again", async () => {
  queue.add([newFile("a.wav")]);
  await until(() => queue.readyIds.length === 1);
  queue.remove(queue.uploads[0]);
  await until(() => server.uploads.size === 0);
  assert.deepEqual(queue.uploads, []);
  assert.deepEqual(resumableUploads(), []);
});

test("what the backend cannot transcribe is not ready", async () => {
  queue.add([newFile("letter.wav")]);
  await until(() => queue.readyIds.length === 1);
  queue.uploads[0].isUnusable = true;
  assert.deepEqual(queue.readyIds, []);
});

test("uploads that became jobs leave the list, but not the server", async () => {
  queue.add([newFile("a.wav"), newFile("b.wav")]);
  await until(() => queue.readyIds.length === 2);
  let nChanges = 0;
  queue.addEventListener("list", () => (nChanges += 1));
  queue.removeStarted(["upload-1"]);
  queue.removeStarted(["upload-1"]);
  assert.deepEqual(queue.readyIds, ["upload-2"]);
  assert.equal(nChanges, 1);
  assert.deepEqual(resumableUploads().map(({ id }) => id), ["upload-2"]);
  assert.ok(server.uploads.has("upload-1"));
});

test("after a reload, what has arrived is ready and the rest waits for its file", async () => {
  server.uploads.set("whole", { size: 10, offset: 10 });
  server.uploads.set("part", { size: 10, offset: 4 });
  for (const id of ["whole", "part", "gone"]) {
    storeUpload({ id, name: `${id}.wav`, size: 10, lastModified: 5 });
  }
  await queue.restore();
  assert.deepEqual(states(), [State.READY, State.NEEDS_FILE]);
  assert.deepEqual(resumableUploads().map(({ id }) => id), ["whole", "part"]);

  queue.add([newFile("part.wav")]);
  await until(() => queue.readyIds.length === 2);
  assert.equal(queue.uploads.length, 2);
  assert.equal(server.requests.at(-1).headers["Upload-Offset"], 4);
});

test("while the server is away, what was left stays stored for the next reload", async () => {
  storeUpload({ id: "part", name: "part.wav", size: 10, lastModified: 5 });
  server.failures.HEAD = [{ status: 0 }];
  await queue.restore();
  assert.deepEqual(queue.uploads, []);
  assert.equal(resumableUploads().length, 1);
});

test("an unfinished recording of the microphone is not stored: it has no file to choose again", async () => {
  queue.add([newFile("speech.webm", 20)], { isRecorded: true });
  await until(() => queue.uploads[0].id !== null);
  assert.deepEqual(resumableUploads(), []);
  await until(() => queue.readyIds.length === 1);
  assert.equal(resumableUploads().length, 1);
});
