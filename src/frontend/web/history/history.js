import { showBulkActions } from "./bulk_actions.js";
import { showEmptyState, showMore } from "./empty_state.js";
import { showNotice } from "./notice.js";
import { showRows } from "./rows.js";
import { showToolbar } from "./toolbar.js";

// What is on the page and not in its data: what is chosen, and what is being edited.
const visits = new WeakMap();

function visitOf(root) {
  if (!visits.has(root)) visits.set(root, { root, selected: new Set(), editing: null });
  return visits.get(root);
}

function forgetTheGone(visit) {
  const present = new Set(visit.data.rows.map((row) => row.id));
  for (const id of visit.selected) if (!present.has(id)) visit.selected.delete(id);
}

function draw(visit) {
  showToolbar(visit);
  showEmptyState(visit);
  showRows(visit);
  showMore(visit);
  showBulkActions(visit);
  showNotice(visit);
}

export default function showHistory({ data, parentElement: root, setTriggerValue }) {
  const visit = visitOf(root);
  visit.data = data;
  visit.act = (action) => setTriggerValue("action", action);
  visit.draw = () => draw(visit);
  forgetTheGone(visit);
  visit.draw();
}
