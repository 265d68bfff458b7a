// Edits the title or the tags of one recording in its row.

import { element, textButton } from "../common/elements.js";

/**
 * Show or hide the editor of a row. `kind`: `rename`, `tags`, or "" for none; `onSave(action)`,
 * `onClose()` after it was saved or dismissed.
 */
export function showEditor({ rowElement, row, kind, labels, limits, knownTags, onSave, onClose }) {
  const form = rowElement.querySelector(".editor");
  rowElement.dataset.editing = kind;
  form.hidden = !kind;
  if (form.dataset.kind === kind) return;
  form.dataset.kind = kind;
  form.replaceChildren();
  if (!kind) return;
  const isTitle = kind === "rename";
  openEditor({
    form,
    field: isTitle ? titleField(row, labels, limits) : tagsField(row, labels, limits),
    suggestions: isTitle ? [] : knownTags,
    labels,
    onSave: (text) => onSave(editAction(kind, row, text)),
    onClose,
  });
}

function titleField(row, labels, limits) {
  const label = `${labels.title}: ${row.name}`;
  return { value: row.name, label, hint: labels.title_hint, maxLength: limits.title };
}

function tagsField(row, labels, limits) {
  const label = `${labels.tags}: ${row.name}`;
  return { value: row.tags.join(", "), label, hint: labels.tags_hint, maxLength: limits.tags };
}

function openEditor({ form, field, suggestions, labels, onSave, onClose }) {
  const input = element("input", {
    value: field.value,
    maxLength: field.maxLength,
    placeholder: field.hint,
    "aria-label": field.label,
  });
  const options = suggestions.map((tag) => new Option(tag, tag));
  const list = element("datalist", { id: "known-tags" }, ...options);
  if (suggestions.length) input.setAttribute("list", list.id);
  const save = element("button", { type: "submit", textContent: labels.save });
  form.replaceChildren(input, list, save, textButton(labels.dismiss, onClose));
  form.onkeydown = (event) => {
    if (event.key === "Escape") onClose();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    onSave(input.value);
    onClose();
  };
  input.focus();
  input.select();
}

/** Return the action that saves what was typed; the file's own name as a title clears the title. */
export function editAction(kind, row, text) {
  if (kind === "rename") {
    const title = text.trim();
    return { kind, id: row.id, title: title === row.file_name ? "" : title };
  }
  const tags = text.split(",").map((tag) => tag.trim()).filter(Boolean);
  return { kind, id: row.id, tags };
}
