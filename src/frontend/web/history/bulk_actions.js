// Actions on the selected recordings.

import { formatText } from "../common/translator.js";
import { askForTag } from "./confirm_dialog.js";
import { showOptions } from "./toolbar.js";
import { downloadZip } from "./zip_download.js";

const WITH_TEXT = ["completed", "cancelled"];

/** `onSelectOnly(ids)` replaces the selection; `onMove(rows)` and `onDelete(rows)` ask first. */
export function showBulkActions({
  root, rows, labels, limits, formats, selected, onSelectOnly, onMove, onDelete, onAction,
}) {
  showSelectAll({ root, rows, labels, selected, onSelectOnly });
  const bar = root.querySelector(".bulk");
  const chosen = rows.filter(({ id }) => selected.has(id));
  bar.hidden = chosen.length === 0;
  if (bar.hidden) return;
  bar.ariaLabel = labels.bulk;
  bar.querySelector(".count").textContent = formatText(labels.selected, { count: chosen.length });
  showDownload({ root, bar, labels, formats, rows: chosen });
  const tagChosen = () => addTag({ root, labels, limits, rows: chosen, onAction });
  showButton(bar, "tag", { label: labels.add_tag, action: tagChosen });
  showButton(bar, "move", { label: labels.move, action: () => onMove(chosen) });
  for (const kind of ["cancel", "resume"]) {
    const ids = chosen.filter((row) => row[`can_${kind}`]).map(({ id }) => id);
    const action = () => onAction({ kind, ids });
    showButton(bar, kind, { label: labels[kind], action, isPossible: ids.length > 0 });
  }
  showButton(bar, "delete", { label: labels.delete, action: () => onDelete(chosen) });
  showButton(bar, "clear", { label: labels.clear, action: () => onSelectOnly([]) });
}

function showSelectAll({ root, rows, labels, selected, onSelectOnly }) {
  const label = root.querySelector(".all");
  const box = label.querySelector("input");
  label.hidden = rows.length < 2;
  label.querySelector("span").textContent = labels.select_all;
  box.checked = rows.length > 0 && selected.size === rows.length;
  box.indeterminate = selected.size > 0 && !box.checked;
  box.onchange = () => onSelectOnly(box.checked ? rows.map(({ id }) => id) : []);
}

function showDownload({ root, bar, labels, formats, rows }) {
  const withText = rows.filter(({ status }) => WITH_TEXT.includes(status));
  const format = bar.querySelector("[name=format]");
  format.ariaLabel = labels.format;
  format.hidden = withText.length === 0;
  showOptions(format, formats);
  const action = () => downloadZip({ root, labels, rows: withText, format: format.value });
  showButton(bar, "save", { label: labels.zip, action, isPossible: withText.length > 0 });
}

function showButton(bar, name, { label, action, isPossible = true }) {
  const button = bar.querySelector(`.${name}`);
  button.textContent = label;
  button.hidden = !isPossible;
  button.onclick = action;
}

async function addTag({ root, labels, limits, rows, onAction }) {
  const tag = await askForTag({ root, labels, limits, rows });
  if (!tag) return;
  const tags = Object.fromEntries(rows.map((row) => [row.id, row.tags]));
  onAction({ kind: "add_tag", tags, tag });
}
