import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { notificationChoice, notifyOfEnd } from "../../src/frontend/web/reader/done_notification.js";
import { echo, settle, useFakeDocument, useFakeStorage } from "./stand_ins.mjs";

let shown;
beforeEach(() => {
  useFakeDocument();
  useFakeStorage();
  shown = [];
  document.visibilityState = "hidden";
  globalThis.Notification = class extends EventTarget {
    static permission = "default";
    static answer = "granted";

    static async requestPermission() {
      Notification.permission = Notification.answer;
      return Notification.answer;
    }

    constructor(title, { body }) {
      super();
      shown.push([title, body]);
    }
  };
});

async function choose(isChecked) {
  const [box] = notificationChoice(echo).children;
  box.checked = isChecked;
  box.dispatchEvent(new Event("change"));
  await settle();
  return box;
}

test("nobody is notified unasked", () => {
  notifyOfEnd("The transcript is ready", "Call");
  assert.deepEqual(shown, []);
});

test("who has asked for it is told the end with the recording's name, and only while elsewhere", async () => {
  await choose(true);
  document.visibilityState = "visible";
  notifyOfEnd("The transcript is ready", "Call");
  assert.deepEqual(shown, []);
  document.visibilityState = "hidden";
  notifyOfEnd("The transcript is ready", "Call");
  assert.deepEqual(shown, [["The transcript is ready", "Call"]]);
  await choose(false);
  notifyOfEnd("The transcript is ready", "Call");
  assert.equal(shown.length, 1);
});

test("the box stays empty if the browser refuses", async () => {
  Notification.answer = "denied";
  assert.equal((await choose(true)).checked, false);
  notifyOfEnd("The transcript is ready", "Call");
  assert.deepEqual(shown, []);
});
