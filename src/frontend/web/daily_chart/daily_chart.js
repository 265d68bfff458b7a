// A bar for each day; the same numbers stand beside it as a table.

import { element, textElement } from "../common/elements.js";
import { syncChildren } from "../common/keyed_children.js";

/** `bars`: `{day, text, share}`, share of the busiest day in [0, 1]; `ticks`: days of the axis. */
export default function showDailyChart({ data, parentElement: root }) {
  root.querySelector("figure").ariaLabel = data.summary;
  syncChildren(root.querySelector(".bars"), data.bars, {
    keyOf: ({ day }) => day,
    create: () => element("div", {}, element("span")),
    update: (bar, { text, share }) => {
      bar.title = text;
      bar.firstChild.style.height = `${share * 100}%`;
    },
  });
  root.querySelector(".days").replaceChildren(...data.ticks.map((day) => textElement("span", day)));
}
