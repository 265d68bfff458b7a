// Selects recordings by keyboard, from the box of one of them.

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * Act on a key that was pressed in a row's box, and return whether it meant something.
 * `boxes` and `rows` are in the order of the list; `onSelectOnly(ids)` replaces the selection.
 */
export function selectByKey(event, { boxes, rows, selected, onSelectOnly, onDelete }) {
  const here = boxes.indexOf(event.target);
  if (here < 0) return false;
  const { code } = event;
  const hasControl = event.ctrlKey || event.metaKey;
  if (STEPS[code]) {
    const next = here + STEPS[code];
    if (!boxes[next]) return false;
    boxes[next].focus();
    if (event.shiftKey) onSelectOnly([...selected, rows[here].id, rows[next].id]);
  } else if (code === "KeyA" && hasControl) {
    onSelectOnly(rows.map(({ id }) => id));
  } else if (code === "Escape" && selected.size) {
    onSelectOnly([]);
  } else if (code === "Delete" && selected.size) {
    onDelete(rows.filter(({ id }) => selected.has(id)));
  } else {
    return false;
  }
  return true;
}
