// The search and the filters above the list.

import { syncChildren } from "../common/keyed_children.js";
import { filterBy } from "./filter.js";

const TYPING_MS = 350;

let typingTimer = 0;

export function showToolbar({ root, labels, limits, choices, filter }) {
  const form = root.querySelector(".toolbar");
  form.ariaLabel = labels.filters;
  showSearch({ root, form, labels, limits, filter });
  for (const [name, options] of [
    ["status", choices.statuses],
    ["tag", choices.tags],
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

function showSearch({ root, form, labels, limits, filter }) {
  const label = form.querySelector(".search");
  const input = label.querySelector("input");
  label.querySelector(".visually-hidden").textContent = labels.search;
  input.placeholder = labels.search;
  input.maxLength = limits.query;
  // do not overwrite what is being typed
  if (root.activeElement !== input) input.value = filter.query;
  const search = () => {
    clearTimeout(typingTimer);
    if (input.value.trim() !== filter.query) filterBy({ query: input.value.trim() });
  };
  input.oninput = () => {
    clearTimeout(typingTimer);
    typingTimer = setTimeout(search, TYPING_MS);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    search();
  };
}

function showSelect({ form, name, label, options, value }) {
  const select = form.querySelector(`[name=${name}]`);
  select.ariaLabel = label;
  showOptions(select, options, value);
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
