// Shown instead of the list when there are no recordings.

import { hrefOf, link } from "../common/address.js";
import { textButton } from "../common/elements.js";
import { filterBy, NO_FILTER } from "./filter.js";

export function showEmptyState({ root, labels, isEmpty, isFiltered }) {
  const box = root.querySelector(".empty");
  root.querySelector(".toolbar").hidden = isEmpty && !isFiltered;
  box.hidden = !isEmpty;
  const state = `${isFiltered ? "no_results" : "empty"} ${document.documentElement.lang}`;
  if (!isEmpty || box.dataset.state === state) return;
  box.dataset.state = state;
  const title = isFiltered ? labels.no_results : labels.empty;
  const advice = isFiltered ? labels.no_results_next : labels.empty_next;
  box.querySelector(".title").textContent = title;
  box.querySelector(".advice").textContent = advice;
  const action = isFiltered ? showAllButton(labels) : startLink(labels);
  box.querySelector(".action").replaceChildren(action);
}

function startLink(labels) {
  const anchor = link(hrefOf({}));
  anchor.className = "start";
  anchor.textContent = labels.start;
  return anchor;
}

function showAllButton(labels) {
  return textButton(labels.show_all, () => filterBy(NO_FILTER));
}
