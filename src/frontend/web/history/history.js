// The list of recordings. Its data come from Streamlit; what is selected and edited stays here.

import { showBulkActions } from "./bulk_actions.js";
import { askForFolder, confirmDeletion } from "./confirm_dialog.js";
import { showEmptyState } from "./empty_state.js";
import { showFolderActions } from "./folder_actions.js";
import { showMessage } from "./notice.js";
import { showPaging } from "./paging.js";
import { showRows } from "./rows.js";
import { selectByKey } from "./selection_keys.js";
import { showToolbar } from "./toolbar.js";

class HistoryView {
  #selected = new Set();
  /** `{id, kind}` of the row that is edited, kind `rename` or `tags`; else null. */
  #editing = null;
  #shownOutcome = null;

  constructor(root) {
    this.root = root;
    root.querySelector(".list").addEventListener("keydown", (event) => this.#selectByKey(event));
  }

  /** `sendAction(action)` sends an action to Streamlit. */
  update(data, sendAction) {
    Object.assign(this, { data, sendAction });
    const isSelected = ({ id }) => this.#selected.has(id);
    this.#selected = new Set(data.rows.filter(isSelected).map(({ id }) => id));
    this.#draw();
    this.#showOutcome(data.outcome);
  }

  #draw() {
    const { root, data } = this;
    const onAction = (action) => this.sendAction(action);
    const { rows, labels, limits, choices } = data;
    const selected = this.#selected;
    showToolbar({ root, labels, limits, choices });
    showFolderActions({ root, labels, limits, onAction });
    showEmptyState({ root, labels, isEmpty: !rows.length, isFiltered: data.filtered });
    showRows({
      root, rows, labels, limits, selected,
      knownTags: choices.tags.slice(1).map(([tag]) => tag),
      editing: this.#editing,
      onSelect: (id, isSelected) => this.#select(id, isSelected),
      onEdit: (editing) => this.#edit(editing),
      onMove: (row) => this.#move([row]),
      onDelete: (row) => this.#delete([row]),
      onAction,
    });
    showPaging({
      root, labels,
      hasMore: data.more,
      isAtLimit: data.narrow,
      nextShown: data.shown + data.step,
    });
    showBulkActions({
      root, rows, labels, limits, selected,
      formats: choices.formats,
      onSelectOnly: (ids) => this.#selectOnly(ids),
      onMove: (chosen) => this.#move(chosen),
      onDelete: (chosen) => this.#delete(chosen),
      onAction,
    });
  }

  #select(id, isSelected) {
    if (isSelected) this.#selected.add(id);
    else this.#selected.delete(id);
    this.#draw();
  }

  #selectByKey(event) {
    const isKnown = selectByKey(event, {
      boxes: [...this.root.querySelectorAll(".list .pick")],
      rows: this.data.rows,
      selected: this.#selected,
      onSelectOnly: (ids) => this.#selectOnly(ids),
      onDelete: (rows) => this.#delete(rows),
    });
    if (isKnown) event.preventDefault();
  }

  #selectOnly(ids) {
    this.#selected = new Set(ids);
    this.#draw();
  }

  #edit(editing) {
    this.#editing = editing;
    this.#draw();
  }

  async #move(rows) {
    const { root, data } = this;
    const { labels, limits, choices } = data;
    const folder = await askForFolder({ root, labels, limits, rows, known: choices.folders.slice(1) });
    if (folder !== null) this.sendAction({ kind: "move", ids: rows.map(({ id }) => id), folder });
  }

  async #delete(rows) {
    const { root, data } = this;
    const isConfirmed = await confirmDeletion({ root, labels: data.labels, rows });
    if (isConfirmed) this.sendAction({ kind: "delete", ids: rows.map(({ id }) => id) });
  }

  /** Show the outcome of an action once; skip one from before this component was shown. */
  #showOutcome(outcome) {
    this.#shownOutcome ??= outcome?.number ?? 0;
    if (!outcome || outcome.number === this.#shownOutcome) return;
    this.#shownOutcome = outcome.number;
    const { text, failed, request_id: detail } = outcome;
    showMessage({ root: this.root, text, isFailure: failed, detail });
  }
}

const views = new WeakMap();

export default function showHistory({ data, parentElement: root, setTriggerValue }) {
  if (!views.has(root)) views.set(root, new HistoryView(root));
  views.get(root).update(data, (action) => setTriggerValue("action", action));
}
