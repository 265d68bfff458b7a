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

export class Help {
  constructor(words) {
    const rows = KEYS.map(([name, ...keys]) =>
      element(
        "div",
        {},
        element("dt", {}, ...keys.map((key) => element("kbd", { textContent: key }))),
        element("dd", { textContent: words.say(`keys.${name}`) }),
      ),
    );
    const title = element("h3", { textContent: words.say("keys.title"), id: "keys-title" });
    const close = textButton(words.say("keys.close"), () => this.root.close());
    const body = element("dl", {}, ...rows);
    this.root = element("dialog", { "aria-labelledby": "keys-title" }, title, body, close);
  }

  open() {
    this.root.showModal();
  }
}
