// Tells a visitor who is elsewhere that a transcription has ended, if they asked for it.

import { element } from "../common/elements.js";

const KEY = "reader-notify";

/** Browsers offer notifications on https and on localhost only. */
export const canNotify = () => "Notification" in globalThis && Notification.permission !== "denied";

const isWanted = () => localStorage.getItem(KEY) === "true" && Notification.permission === "granted";

/** Return a box that asks for notifications. */
export function notificationChoice(t) {
  const box = element("input", { type: "checkbox", checked: isWanted() });
  box.addEventListener("change", async () => {
    if (box.checked) box.checked = (await Notification.requestPermission()) === "granted";
    localStorage.setItem(KEY, String(box.checked));
  });
  return element("label", { className: "notify" }, box, t.text("running.notify"));
}

/** Notify of the end of a job, unless the visitor sees it. */
export function notifyOfEnd(text, name) {
  if (!canNotify() || !isWanted() || document.visibilityState === "visible") return;
  const notification = new Notification(text, { body: name });
  notification.addEventListener("click", () => {
    window.focus();
    notification.close();
  });
}
