// The rows of the list.

import { hrefOf, link } from "../common/address.js";
import { element } from "../common/elements.js";
import { syncChildren } from "../common/keyed_children.js";
import { formatText } from "../common/translator.js";
import { showEditor } from "./editor.js";
import { filterBy } from "./filter.js";

/**
 * `editing`: `{id, kind}` or null. Callbacks: `onSelect(id, isSelected)`, `onEdit(editing)`,
 * `onMove(row)`, `onDelete(row)`, `onAction(action)`.
 */
export function showRows({ root, rows, ...context }) {
  const list = root.querySelector(".list");
  list.ariaLabel = context.labels.list;
  const hadFocus = list.contains(root.activeElement);
  syncChildren(list, rows, {
    keyOf: ({ id }) => id,
    create: createRow,
    update: (rowElement, row) => updateRow(rowElement, row, context),
  });
  // when the focused row is deleted, keep the keyboard at the list and not at the page's start
  if (hadFocus && !root.activeElement) list.focus({ preventScroll: true });
}

function createRow() {
  const checkbox = element("input", { type: "checkbox", className: "pick" });
  const name = link("/");
  Object.assign(name, { className: "name", dir: "auto" });
  const share = element("div", { className: "share", role: "progressbar" }, element("div"));
  const [state, length] = ["state", "length"].map((className) => element("span", { className }));
  const about = element(
    "div",
    { className: "about" },
    element("h2", {}, name),
    element("form", { className: "editor" }),
    element("p", { className: "facts" }, state, element("time"), length),
    element("p", { className: "first-line", dir: "auto" }),
    element("button", { type: "button", className: "folder" }),
    element("ul", { className: "tags" }),
    element("div", { className: "hits" }),
    element("p", { className: "more-hits" }),
  );
  const actions = element(
    "div",
    { className: "actions" },
    actionButton("rename", "edit"),
    actionButton("label", "sell"),
    actionButton("move", "folder"),
    actionButton("cancel", "stop_circle"),
    actionButton("resume", "play_circle"),
    actionButton("delete", "delete"),
  );
  return element("li", { className: "row" }, checkbox, about, actions, share);
}

/** `iconName`: a glyph of the Material Symbols font. */
function actionButton(className, iconName) {
  const icon = element("span", { className: "icon", "aria-hidden": "true" }, iconName);
  return element("button", { type: "button", className }, icon);
}

function updateRow(rowElement, row, context) {
  const { labels, limits, knownTags, selected, editing } = context;
  const { onSelect, onEdit, onMove, onDelete, onAction } = context;
  const isSelected = selected.has(row.id);
  rowElement.classList.toggle("picked", isSelected);
  showName(rowElement, row);
  showCheckbox(rowElement, row, { labels, isSelected, onSelect });
  showFacts(rowElement, row);
  showShare(rowElement, row, labels);
  showFolder(rowElement, row, labels);
  showTags(rowElement, row, labels);
  showHits(rowElement, row);
  showActions(rowElement, row, { labels, onEdit, onMove, onDelete, onAction });
  const kind = editing?.id === row.id ? editing.kind : "";
  const onClose = () => {
    onEdit(null);
    rowElement.querySelector(kind === "rename" ? ".rename" : ".label").focus();
  };
  showEditor({ rowElement, row, kind, labels, limits, knownTags, onSave: onAction, onClose });
}

function showName(rowElement, row) {
  const name = rowElement.querySelector(".name");
  setText(name, row.name);
  name.href = hrefOf({ job: row.id });
  name.title = row.name === row.file_name ? "" : row.file_name;
}

function showCheckbox(rowElement, row, { labels, isSelected, onSelect }) {
  const checkbox = rowElement.querySelector(".pick");
  checkbox.ariaLabel = formatText(labels.select, { name: row.name });
  checkbox.checked = isSelected;
  checkbox.onchange = () => onSelect(row.id, checkbox.checked);
}

function showFacts(rowElement, row) {
  const state = rowElement.querySelector(".state");
  setText(state, row.state);
  state.dataset.status = row.status;
  const time = rowElement.querySelector("time");
  time.dateTime = row.moment;
  setText(time, row.date);
  const facts = [row.duration, ...(row.summary?.facts ?? [])];
  setText(rowElement.querySelector(".length"), facts.filter(Boolean).join(" · "));
  const firstLine = rowElement.querySelector(".first-line");
  firstLine.hidden = row.summary === null || row.hits.length > 0;
  setText(firstLine, row.summary?.first_line ?? "");
}

function showShare(rowElement, row, labels) {
  const bar = rowElement.querySelector(".share");
  const percent = (row.share ?? 0) * 100;
  bar.hidden = row.share === null;
  bar.ariaLabel = formatText(labels.progress, { name: row.name });
  bar.ariaValueNow = String(Math.round(percent));
  bar.firstChild.style.width = `${percent}%`;
}

function showFolder(rowElement, { folder }, labels) {
  const button = rowElement.querySelector(".folder");
  button.hidden = !folder;
  setText(button, folder);
  button.title = formatText(labels.only_folder, { folder });
  button.onclick = () => filterBy({ folder });
}

function showTags(rowElement, row, labels) {
  syncChildren(rowElement.querySelector(".tags"), row.tags, {
    keyOf: (tag) => tag,
    create: (tag) => {
      const on = { click: () => filterBy({ tag }) };
      return element("li", {}, element("button", { type: "button", on }, tag));
    },
    update: (item, tag) => {
      item.firstChild.title = formatText(labels.only_tag, { tag });
    },
  });
}

/** Show the places that a search found, each with a link that plays it. */
function showHits(rowElement, row) {
  syncChildren(rowElement.querySelector(".hits"), row.hits, {
    keyOf: ({ key }) => key,
    create: createHit,
    update: (hit, { seconds, time, parts }) => {
      hit.href = hrefOf({ job: row.id, t: seconds });
      setText(hit.querySelector(".time"), time);
      const mark = ([text, isMatch]) => (isMatch ? element("mark", {}, text) : text);
      hit.querySelector(".snippet").replaceChildren(...parts.map(mark));
    },
  });
  const more = rowElement.querySelector(".more-hits");
  more.hidden = !row.more_hits;
  setText(more, row.more_hits);
}

function createHit() {
  const hit = link("/");
  hit.className = "hit";
  const snippet = element("span", { className: "snippet", dir: "auto" });
  hit.append(element("span", { className: "time" }), snippet);
  return hit;
}

function showActions(rowElement, row, { labels, onEdit, onMove, onDelete, onAction }) {
  const show = (className, label, action) => {
    const button = rowElement.querySelector(`.actions .${className}`);
    button.title = label;
    button.ariaLabel = `${label}: ${row.name}`;
    button.onclick = action;
    return button;
  };
  show("rename", labels.rename, () => onEdit({ id: row.id, kind: "rename" }));
  show("label", labels.tags, () => onEdit({ id: row.id, kind: "tags" }));
  show("move", labels.move, () => onMove(row));
  for (const kind of ["cancel", "resume"]) {
    const button = show(kind, labels[kind], () => onAction({ kind, ids: [row.id] }));
    button.hidden = !row[`can_${kind}`];
  }
  show("delete", labels.delete, () => onDelete(row));
}

/** Set a text only if it changes, so that a selection in it stays. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
