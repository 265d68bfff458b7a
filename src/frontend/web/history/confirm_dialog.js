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
  const tag = await askForText({
    root, labels,
    title: formatText(labels.tag_question, { count: rows.length }),
    field: { label: labels.tag, maxLength: limits.tag, required: true },
    before: nameOfSingle(rows),
    consequence: labels.tag_consequence,
    confirm: labels.tag_yes,
  });
  return tag || null;
}

/** Resolve to the folder to move to, empty for none, or null. `known`: those there are, by name. */
export function askForFolder({ root, labels, limits, rows, known }) {
  return askForText({
    root, labels,
    title: formatText(labels.move_question, { count: rows.length }),
    field: {
      label: labels.folder,
      maxLength: limits.folder,
      value: rows.every(({ folder }) => folder === rows[0].folder) ? rows[0].folder : "",
      known: known.map(([name]) => name),
    },
    before: nameOfSingle(rows),
    consequence: labels.move_consequence,
    confirm: labels.move_yes,
  });
}

/** Resolve to the new name of a folder, or null. */
export async function askForFolderName({ root, labels, limits, folder }) {
  const name = await askForText({
    root, labels,
    title: labels.rename_folder,
    field: { label: labels.title, maxLength: limits.folder, value: folder, required: true },
    confirm: labels.save,
  });
  return name || null;
}

/** Resolve to whether the user confirms that a folder is deleted. */
export function confirmFolderDeletion({ root, labels, folder }) {
  return showDialog({
    parent: root.querySelector(".dialogs"),
    title: labels.delete_folder,
    content: [textElement("p", folder, "subject"), textElement("p", labels.delete_folder_consequence)],
    dismissLabel: labels.dismiss,
    confirm: { label: labels.delete_yes, className: "danger" },
  });
}

/** Resolve to what was typed, without blanks around it, or null. */
async function askForText({ root, labels, title, field, before = [], consequence = "", confirm }) {
  const { label, known = [], ...properties } = field;
  const input = element("input", { autocomplete: "off", ...properties });
  const options = known.map((name) => new Option(name, name));
  const list = element("datalist", { id: "known-names" }, ...options);
  if (known.length) input.setAttribute("list", list.id);
  const labelled = element("label", { className: "field" }, textElement("span", label), input, list);
  const isConfirmed = await showDialog({
    parent: root.querySelector(".dialogs"),
    title,
    content: [...before, labelled, textElement("p", consequence)],
    dismissLabel: labels.dismiss,
    confirm: { label: confirm },
    focus: input,
  });
  return isConfirmed ? input.value.trim() : null;
}

function nameOfSingle(rows) {
  return rows.length === 1 ? [textElement("p", rows[0].name, "subject")] : [];
}
