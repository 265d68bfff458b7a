import { element } from "../common/elements.js";

// The title or the tags of one recording, edited where they stand.

function fieldsOf(visit, row) {
  const { labels, limits, choices } = visit.data;
  return visit.editing.kind === "rename"
    ? { value: row.name, label: labels.title, hint: labels.title_hint, length: limits.title, known: [] }
    : {
        value: row.tags.join(", "),
        label: labels.tags,
        hint: labels.tags_hint,
        length: limits.tags,
        known: choices.tags.slice(1).map(([tag]) => tag),
      };
}

function actionOf(kind, row, text) {
  if (kind === "rename") {
    const title = text.trim();
    return { kind, id: row.id, title: title === row.file_name ? "" : title };
  }
  const tags = text.split(",").map((tag) => tag.trim()).filter(Boolean);
  return { kind, id: row.id, tags };
}

function openEditor(visit, form, row) {
  const { labels } = visit.data;
  const { value, label, hint, length, known } = fieldsOf(visit, row);
  const input = document.createElement("input");
  input.value = value;
  input.maxLength = length;
  input.placeholder = hint;
  input.ariaLabel = `${label}: ${row.name}`;
  const suggestions = document.createElement("datalist");
  suggestions.id = "known-tags";
  suggestions.append(...known.map((tag) => new Option(tag, tag)));
  if (known.length) input.setAttribute("list", suggestions.id);
  const leave = element("button", { type: "button", textContent: labels.dismiss });
  const save = element("button", { type: "submit", textContent: labels.save });
  form.replaceChildren(input, suggestions, save, leave);
  const close = () => {
    const { kind } = visit.editing;
    visit.editing = null;
    visit.draw();
    form.closest(".row").querySelector(kind === "rename" ? ".rename" : ".label").focus();
  };
  leave.onclick = close;
  form.onkeydown = (event) => {
    if (event.key === "Escape") close();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    visit.act(actionOf(visit.editing.kind, row, input.value));
    close();
  };
  input.focus();
  input.select();
}

export function showEditor(visit, li, row) {
  const form = li.querySelector(".editor");
  const kind = visit.editing?.id === row.id ? visit.editing.kind : "";
  li.dataset.editing = kind;
  form.hidden = !kind;
  if (form.dataset.kind === kind) return;
  form.dataset.kind = kind;
  if (kind) openEditor(visit, form, row);
  else form.replaceChildren();
}
