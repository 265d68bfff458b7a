import { formatText } from "../common/translator.js";
import { confirm } from "./confirm_dialog.js";
import { downloadZip } from "./zip_download.js";
import { showOptions } from "./toolbar.js";

const WITH_TEXT = ["completed", "cancelled"];

function chosenRows(visit) {
  return visit.data.rows.filter((row) => visit.selected.has(row.id));
}

async function removeAll(visit, rows) {
  if (await confirm(visit, "delete", rows)) visit.act({ kind: "delete", ids: rows.map(({ id }) => id) });
}

async function tagAll(visit, rows) {
  const tag = await confirm(visit, "tag", rows);
  if (!tag) return;
  const tags = Object.fromEntries(rows.map((row) => [row.id, row.tags]));
  visit.act({ kind: "add_tag", tags, tag });
}

function showButton(bar, name, label, act, isPossible = true) {
  const button = bar.querySelector(`.${name}`);
  button.textContent = label;
  button.hidden = !isPossible;
  button.onclick = act;
}

function showAll(visit) {
  const { rows, labels } = visit.data;
  const all = visit.root.querySelector(".all");
  const box = all.querySelector("input");
  all.hidden = rows.length < 2;
  all.querySelector("span").textContent = labels.select_all;
  box.checked = rows.length > 0 && visit.selected.size === rows.length;
  box.indeterminate = visit.selected.size > 0 && !box.checked;
  box.onchange = () => {
    visit.selected = new Set(box.checked ? rows.map(({ id }) => id) : []);
    visit.draw();
  };
}

export function showBulkActions(visit) {
  showAll(visit);
  const { labels, choices } = visit.data;
  const bar = visit.root.querySelector(".bulk");
  const rows = chosenRows(visit);
  bar.hidden = rows.length === 0;
  if (bar.hidden) return;
  const withText = rows.filter(({ status }) => WITH_TEXT.includes(status));
  const format = bar.querySelector("[name=format]");
  bar.ariaLabel = labels.bulk;
  bar.querySelector(".count").textContent = formatText(labels.selected, { count: rows.length });
  format.ariaLabel = labels.format;
  format.hidden = withText.length === 0;
  showOptions(format, choices.formats);
  showButton(bar, "save", labels.zip, () => downloadZip(visit, withText, format.value), withText.length > 0);
  showButton(bar, "tag", labels.add_tag, () => tagAll(visit, rows));
  for (const kind of ["cancel", "resume"]) {
    const ids = rows.filter((row) => row[`can_${kind}`]).map(({ id }) => id);
    showButton(bar, kind, labels[kind], () => visit.act({ kind, ids }), ids.length > 0);
  }
  showButton(bar, "delete", labels.delete, () => removeAll(visit, rows));
  showButton(bar, "clear", labels.clear, () => {
    visit.selected.clear();
    visit.draw();
  });
}
