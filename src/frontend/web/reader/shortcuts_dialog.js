// Lists the keyboard shortcuts in a dialog.

import { showDialog } from "../common/dialog.js";
import { element } from "../common/elements.js";

/** The end of each text's key, with its keys. */
const SHORTCUTS = [
  ["play", "Space", "K", "Esc"],
  ["back_forward", "←", "→", "J", "L", "F1", "F2"],
  ["speed", "[", "]", "F3", "F4"],
  ["loop", "R"],
  ["unsure", "N", "P"],
  ["note", "M"],
  ["move", "↑", "↓"],
  ["edit", "E"],
  ["done", "Esc", "Ctrl Enter"],
  ["split", "Enter"],
  ["join", "Backspace"],
  ["border", "Alt Shift ←", "Alt Shift →"],
  ["next", "Alt ↓", "Alt ↑"],
  ["speaker", "1", "…", "9"],
  ["undo", "Ctrl Z", "Ctrl Shift Z"],
  ["find", "Ctrl F"],
  ["play_while_writing", "Ctrl Space", "Ctrl J", "Ctrl L"],
  ["while_writing", "Alt K", "Alt J", "Alt L", "Alt N", "Alt P", "Alt M"],
  ["help", "?"],
];

export class ShortcutsDialog {
  constructor({ t, parent }) {
    Object.assign(this, { t, parent });
  }

  open() {
    const { t, parent } = this;
    const rows = SHORTCUTS.map(([name, ...keys]) =>
      element(
        "div",
        {},
        element("dt", {}, ...keys.map((key) => element("kbd", { textContent: key }))),
        element("dd", { textContent: t.text(`shortcuts.${name}`) }),
      ),
    );
    showDialog({
      parent,
      title: t.text("shortcuts.title"),
      content: [element("dl", {}, ...rows)],
      dismissLabel: t.text("shortcuts.close"),
    });
  }
}
