import { hrefOf, link } from "../common/address.js";
import { element } from "../common/elements.js";
import { syncChildren } from "../common/keyed_children.js";
import { formatText } from "../common/translator.js";
import { showEditor } from "./editor.js";
import { filterBy } from "./filter.js";
import { confirm } from "./confirm_dialog.js";

function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function iconButton(className, icon) {
  const button = element("button", { type: "button", className });
  const sign = element("span", { className: "icon" }, icon);
  sign.ariaHidden = "true";
  button.append(sign);
  return button;
}

function createRow() {
  const pick = element("input", { className: "pick" });
  pick.type = "checkbox";
  const name = link("/");
  name.className = "name";
  name.dir = "auto";
  const share = element("div", { className: "share" }, element("div"));
  share.role = "progressbar";
  const hit = link("/");
  hit.className = "hit";
  hit.append(element("span", { className: "time" }), element("span", { className: "snippet" }));
  hit.lastChild.dir = "auto";
  const [state, length] = ["state", "length"].map((className) => element("span", { className }));
  const about = element(
    "div",
    { className: "about" },
    element("h2", {}, name),
    element("form", { className: "editor" }),
    element("p", { className: "facts" }, state, element("time"), length),
    element("ul", { className: "tags" }),
    hit,
  );
  const actions = element(
    "div",
    { className: "actions" },
    iconButton("rename", "edit"),
    iconButton("label", "sell"),
    iconButton("cancel", "stop_circle"),
    iconButton("resume", "play_circle"),
    iconButton("delete", "delete"),
  );
  return element("li", { className: "row" }, pick, about, actions, share);
}

function showPick(visit, li, row) {
  const pick = li.querySelector(".pick");
  pick.ariaLabel = formatText(visit.data.labels.select, { name: row.name });
  pick.checked = visit.selected.has(row.id);
  pick.onchange = () => {
    if (pick.checked) visit.selected.add(row.id);
    else visit.selected.delete(row.id);
    visit.draw();
  };
}

function showFacts(li, row) {
  write(li.querySelector(".state"), row.state);
  li.querySelector(".state").dataset.status = row.status;
  li.querySelector("time").dateTime = row.moment;
  write(li.querySelector("time"), row.date);
  write(li.querySelector(".length"), row.duration);
}

function showShare(visit, li, row) {
  const share = li.querySelector(".share");
  share.hidden = row.share === null;
  share.ariaLabel = formatText(visit.data.labels.progress, { name: row.name });
  share.ariaValueNow = String(Math.round((row.share ?? 0) * 100));
  share.firstChild.style.width = `${(row.share ?? 0) * 100}%`;
}

function showTags(visit, li, row) {
  syncChildren(li.querySelector(".tags"), row.tags, {
    keyOf: (tag) => tag,
    create: (tag) => {
      const button = element("button", {}, tag);
      button.type = "button";
      button.onclick = () => filterBy({ tag });
      return element("li", {}, button);
    },
    update: (tagItem, tag) => {
      tagItem.firstChild.title = formatText(visit.data.labels.only_tag, { tag });
    },
  });
}

function showHit(li, row) {
  const hit = li.querySelector(".hit");
  hit.hidden = row.hit === null;
  if (row.hit === null) return;
  hit.href = hrefOf({ job: row.id, t: row.hit.seconds });
  write(hit.querySelector(".time"), row.hit.time);
  hit.querySelector(".snippet").replaceChildren(
    ...row.hit.parts.map(([text, lit]) => (lit ? element("mark", {}, text) : text)),
  );
}

function nameButton(visit, li, row, className, label, act) {
  const button = li.querySelector(`.actions .${className}`);
  button.title = visit.data.labels[label];
  button.ariaLabel = `${visit.data.labels[label]}: ${row.name}`;
  button.onclick = act;
  return button;
}

function showActions(visit, li, row) {
  const edit = (kind) => () => {
    visit.editing = { id: row.id, kind };
    visit.draw();
  };
  nameButton(visit, li, row, "rename", "rename", edit("rename"));
  nameButton(visit, li, row, "label", "tags", edit("tags"));
  for (const kind of ["cancel", "resume"]) {
    const act = () => visit.act({ kind, ids: [row.id] });
    nameButton(visit, li, row, kind, kind, act).hidden = !row[`can_${kind}`];
  }
  nameButton(visit, li, row, "delete", "delete", async () => {
    if (await confirm(visit, "delete", [row])) visit.act({ kind: "delete", ids: [row.id] });
  });
}

function updateRow(visit, li, row) {
  const name = li.querySelector(".name");
  write(name, row.name);
  name.href = hrefOf({ job: row.id });
  name.title = row.name === row.file_name ? "" : row.file_name;
  li.classList.toggle("picked", visit.selected.has(row.id));
  showPick(visit, li, row);
  showFacts(li, row);
  showShare(visit, li, row);
  showTags(visit, li, row);
  showHit(li, row);
  showActions(visit, li, row);
  showEditor(visit, li, row);
}

export function showRows(visit) {
  const list = visit.root.querySelector(".list");
  list.ariaLabel = visit.data.labels.list;
  const hadFocus = list.contains(visit.root.activeElement);
  syncChildren(list, visit.data.rows, {
    keyOf: (row) => row.id,
    create: createRow,
    update: (li, row) => updateRow(visit, li, row),
  });
  // whoever deleted the row with the focus goes on from here, not from the page's beginning
  if (hadFocus && !visit.root.activeElement) list.focus({ preventScroll: true });
}
