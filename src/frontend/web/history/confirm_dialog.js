// Questions before an action on recordings.

import { showDialog } from "../common/dialog.js";
import { element, textElement } from "../common/elements.js";
import { formatText } from "../common/translator.js";

/** Resolve to whether the user confirms the deletion. */
export function confirmDeletion({ root, labels, rows }) {
  return showDialog({
    parent: root.querySelector(".dialogs"),
    title: formatText(labels.delete_question, { count: rows.length }),
    content: [...nameOfSingle(rows), textElement("p", labels.delete_consequence)],
    dismissLabel: labels.dismiss,
    confirm: { label: labels.delete_yes, className: "danger" },
  });
}

/** Resolve to the tag to add, or null. */
export async function askForTag({ root, labels, limits, rows }) {
  const input = element("input", { maxLength: limits.tag, autocomplete: "off", required: true });
  const label = textElement("span", labels.tag);
  const field = element("label", { className: "field" }, label, input);
  const isConfirmed = await showDialog({
    parent: root.querySelector(".dialogs"),
    title: formatText(labels.tag_question, { count: rows.length }),
    content: [...nameOfSingle(rows), field, textElement("p", labels.tag_consequence)],
    dismissLabel: labels.dismiss,
    confirm: { label: labels.tag_yes },
    focus: input,
  });
  return isConfirmed ? input.value.trim() || null : null;
}

function nameOfSingle(rows) {
  return rows.length === 1 ? [textElement("p", rows[0].name, "subject")] : [];
}
