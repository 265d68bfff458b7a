// Modal dialogs.

import { element, textButton, textElement } from "./elements.js";

const TITLE_ID = "dialog-title";

/**
 * Show a modal dialog until it is answered. Resolves to true for its confirm button, and to false
 * when it is dismissed, as Escape does too.
 *
 * `parent`: where it is inserted; `content`: elements under the title; `confirm`: `{label,
 * className}`, or null for a dialog that is only read; `focus`: the element to focus, by default
 * the button that dismisses it.
 */
export function showDialog({ parent, title, content, dismissLabel, confirm = null, focus = null }) {
  const heading = textElement("h2", title);
  heading.id = TITLE_ID;
  const dismiss = textButton(dismissLabel, () => dialog.close(""));
  const buttons = element("div", { className: "dialog-buttons" }, dismiss);
  if (confirm) buttons.append(confirmButton(confirm));
  // a form, so that Enter in a field confirms, and only if the field is valid
  const form = element("form", { method: "dialog" }, heading, ...content, buttons);
  const dialog = element("dialog", { "aria-labelledby": TITLE_ID }, form);
  parent.append(dialog);
  dialog.showModal();
  (focus ?? dismiss).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
  });
}

function confirmButton({ label, className = "" }) {
  return element("button", { value: "confirm", className, textContent: label });
}
