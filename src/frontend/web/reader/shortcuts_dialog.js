// What the keyboard can do, in a dialog.

import { element, textButton } from "../common/elements.js";

const KEYS = [
  ["play", "Space", "K"],
  ["back_forward", "←", "→", "J", "L"],
  ["speed", "[", "]"],
  ["unsure", "N", "P"],
  ["move", "↑", "↓"],
  ["edit", "E"],
  ["done", "Enter", "Esc"],
  ["next", "Alt ↓", "Alt ↑"],
  ["undo", "Ctrl Z", "Ctrl Shift Z"],
  ["find", "Ctrl F"],
  ["while_writing", "Alt K", "Alt J", "Alt L", "Alt N", "Alt P"],
  ["help", "?"],
];

export class ShortcutsDialog {
  constructor(t) {
    const rows = KEYS.map(([name, ...keys]) =>
      element(
        "div",
        {},
        element("dt", {}, ...keys.map((key) => element("kbd", { textContent: key }))),
        element("dd", { textContent: t.text(`shortcuts.${name}`) }),
      ),
    );
    const title = element("h3", { textContent: t.text("shortcuts.title"), id: "keys-title" });
    const close = textButton(t.text("shortcuts.close"), () => this.root.close());
    const body = element("dl", {}, ...rows);
    this.root = element("dialog", { "aria-labelledby": "keys-title" }, title, body, close);
  }

  open() {
    this.root.showModal();
  }
}
