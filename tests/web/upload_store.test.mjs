import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  forgetUpload,
  isSameFile,
  resumableUploads,
  storeUpload,
} from "../../src/frontend/web/uploader/upload_store.js";
import { FakeStorage, useFakeStorage } from "./stand_ins.mjs";

const UPLOAD = { id: "u1", name: "a.wav", size: 10, lastModified: 5 };

beforeEach(useFakeStorage);

function openAnotherTab() {
  Object.defineProperty(globalThis, "sessionStorage", { value: new FakeStorage(), configurable: true });
}

test("a file is known by its name, size and date", () => {
  assert.ok(isSameFile(UPLOAD, { ...UPLOAD, id: "other" }));
  assert.ok(!isSameFile(UPLOAD, { ...UPLOAD, size: 11 }));
  assert.ok(!isSameFile(UPLOAD, { ...UPLOAD, name: "b.wav" }));
  assert.ok(!isSameFile(UPLOAD, { ...UPLOAD, lastModified: 6 }));
});

test("after a reload, this tab's uploads are there", () => {
  storeUpload({ ...UPLOAD, file: "not stored" });
  const [stored] = resumableUploads();
  assert.equal(stored.id, "u1");
  assert.equal(stored.file, undefined);
});

test("a forgotten upload is not", () => {
  storeUpload(UPLOAD);
  forgetUpload("u1");
  assert.deepEqual(resumableUploads(), []);
});

test("another tab takes an upload only once its own tab has been silent for half a minute", (context) => {
  context.mock.timers.enable({ apis: ["Date"] });
  storeUpload(UPLOAD);
  openAnotherTab();
  assert.deepEqual(resumableUploads(), []);
  context.mock.timers.tick(30_001);
  assert.equal(resumableUploads().length, 1);
});

test("a full or broken storage does not stop an upload", () => {
  FakeStorage.isFull = true;
  storeUpload(UPLOAD);
  assert.deepEqual(resumableUploads(), []);
  FakeStorage.isFull = false;
  localStorage.setItem("uploads", "{broken");
  assert.deepEqual(resumableUploads(), []);
  storeUpload(UPLOAD);
  assert.equal(resumableUploads().length, 1);
});
