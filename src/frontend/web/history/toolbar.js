// The search and the filters above the list.

import { syncChildren } from "../common/keyed_children.js";
import { currentFilter, filterBy } from "./filter.js";

const TYPING_MS = 350;

/** The timers of search fields with text that is not searched for yet. */
const searchTimers = new WeakMap();

/** Show the filter of the address, not one from the data, which may be older. */
export function showToolbar({ root, labels, limits, choices }) {
  const filter = currentFilter();
  const form = root.querySelector(".toolbar");
  form.ariaLabel = labels.filters;
  showSearch({ form, labels, limits, filter });
  for (const [name, options] of [
    ["status", choices.statuses],
    ["tag", choices.tags],
    ["folder", choices.folders],
    ["period", choices.periods],
  ]) {
    showSelect({ form, name, label: labels[name], options, value: filter[name] });
  }
  showDates({ root, form, labels, filter });
}

export function showOptions(select, options, value) {
  syncChildren(select, options, {
    keyOf: ([key]) => key,
    create: ([key, label]) => new Option(label, key),
    update: (option, [, label]) => {
      if (option.text !== label) option.text = label;
    },
  });
  if (value !== undefined) select.value = value;
}

function showSearch({ form, labels, limits, filter }) {
  const label = form.querySelector(".search");
  const input = label.querySelector("input");
  label.querySelector(".visually-hidden").textContent = labels.search;
  input.placeholder = labels.search;
  input.maxLength = limits.query;
  if (!input.oninput) searchWhileTyping(form, input);
  if (!searchTimers.has(input) && input.value.trim() !== filter.query) input.value = filter.query;
}

/** Search when typing pauses; the field also takes text before this script is loaded. */
function searchWhileTyping(form, input) {
  const search = () => {
    stopWaiting(input);
    const query = input.value.trim();
    if (query !== currentFilter().query) filterBy({ query });
  };
  input.oninput = () => {
    stopWaiting(input);
    searchTimers.set(input, setTimeout(search, TYPING_MS));
  };
  form.onsubmit = search;
  if (input.value) input.oninput();
}

function stopWaiting(input) {
  clearTimeout(searchTimers.get(input));
  searchTimers.delete(input);
}

function showSelect({ form, name, label, options, value }) {
  const select = form.querySelector(`[name=${name}]`);
  select.ariaLabel = label;
  showOptions(select, options, value);
  if (select.selectedIndex < 0) select.value = ""; // an address typed by hand
  select.classList.toggle("set", select.value !== "");
  select.onchange = () => filterBy({ [name]: select.value });
}

function showDates({ root, form, labels, filter }) {
  const dates = form.querySelector(".dates");
  dates.hidden = filter.period !== "dates";
  for (const name of ["since", "until"]) {
    const input = dates.querySelector(`[name=${name}]`);
    input.previousElementSibling.textContent = labels[name];
    if (root.activeElement !== input) input.value = filter[name];
    input.onchange = () => filterBy({ [name]: input.value });
  }
}
