// A button that opens a list of choices; Escape, or a click elsewhere, closes it.

import { element, icon } from "../common/elements.js";

export function menu(name, label, signal, ...content) {
  const panel = element("div", { className: "menu-panel" }, ...content);
  const summary = element("summary", {}, icon(name), element("span", { textContent: label }));
  const root = element("details", { className: "menu" }, summary, panel);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.open) return;
    event.stopPropagation();
    root.open = false;
    summary.focus();
  });
  const closeElsewhere = (event) => {
    if (!event.composedPath().includes(root)) root.open = false;
  };
  addEventListener("pointerdown", closeElsewhere, { signal });
  root.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !root.contains(relatedTarget)) root.open = false;
  });
  return root;
}
