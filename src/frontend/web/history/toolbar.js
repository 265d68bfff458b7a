import { syncChildren } from "../common/keyed_children.js";
import { filterBy } from "./filter.js";

const TYPING_MS = 350;

export function showOptions(select, choices, chosen) {
  syncChildren(select, choices, {
    keyOf: ([value]) => value,
    create: ([value, label]) => new Option(label, value),
    update: (option, [, label]) => {
      if (option.text !== label) option.text = label;
    },
  });
  if (chosen !== undefined) select.value = chosen;
}

function showChoice(visit, name, choices) {
  const select = visit.root.querySelector(`.toolbar [name=${name}]`);
  select.ariaLabel = visit.data.labels[name];
  showOptions(select, choices, visit.data.filter[name]);
  select.classList.toggle("set", select.value !== "");
  select.onchange = () => filterBy({ [name]: select.value });
}

function showSearch(visit, form) {
  const label = form.querySelector(".search");
  const input = label.querySelector("input");
  label.querySelector(".hidden").textContent = visit.data.labels.search;
  input.maxLength = visit.data.limits.query;
  input.placeholder = visit.data.labels.search;
  // what is being typed is newer than what the page knows
  if (visit.root.activeElement !== input) input.value = visit.data.filter.query;
  const find = () => {
    clearTimeout(visit.typing);
    if (input.value.trim() !== visit.data.filter.query) filterBy({ query: input.value.trim() });
  };
  input.oninput = () => {
    clearTimeout(visit.typing);
    visit.typing = setTimeout(find, TYPING_MS);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    find();
  };
}

function showDates(visit, form) {
  const dates = form.querySelector(".dates");
  dates.hidden = visit.data.filter.period !== "dates";
  for (const name of ["since", "until"]) {
    const input = dates.querySelector(`[name=${name}]`);
    input.previousElementSibling.textContent = visit.data.labels[name];
    if (visit.root.activeElement !== input) input.value = visit.data.filter[name];
    input.onchange = () => filterBy({ [name]: input.value });
  }
}

export function showToolbar(visit) {
  const { choices } = visit.data;
  const form = visit.root.querySelector(".toolbar");
  form.ariaLabel = visit.data.labels.filters;
  showSearch(visit, form);
  showChoice(visit, "status", choices.statuses);
  showChoice(visit, "tag", choices.tags);
  showChoice(visit, "period", choices.periods);
  showDates(visit, form);
}
