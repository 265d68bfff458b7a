import { element, icon } from "../common/elements.js";

/** Return a button that opens a panel; Escape, or a click elsewhere, closes it. */
export function menu({ iconName, label, signal, content }) {
  const panel = element("div", { className: "menu-panel" }, ...content);
  const summary = element("summary", {}, icon(iconName), element("span", { textContent: label }));
  const root = element("details", { className: "menu" }, summary, panel);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.open) return;
    event.stopPropagation();
    root.open = false;
    summary.focus();
  });
  const closeOnOutsidePress = (event) => {
    if (!event.composedPath().includes(root)) root.open = false;
  };
  addEventListener("pointerdown", closeOnOutsidePress, { signal });
  root.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !root.contains(relatedTarget)) root.open = false;
  });
  return root;
}
