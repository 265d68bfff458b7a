import { hrefOf, link } from "../common/address.js";
import { filterBy, NO_FILTER } from "./filter.js";

function wayOn(visit) {
  const { labels, filtered } = visit.data;
  if (!filtered) {
    const anchor = link(hrefOf({}));
    anchor.className = "begin";
    anchor.textContent = labels.start;
    return anchor;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = labels.show_all;
  button.onclick = () => filterBy(NO_FILTER);
  return button;
}

// Where there is nothing, what to do.
export function showEmptyState(visit) {
  const { data, root } = visit;
  const empty = root.querySelector(".empty");
  const kind = data.filtered ? "no_results" : "empty";
  root.querySelector(".toolbar").hidden = !data.rows.length && !data.filtered;
  empty.hidden = data.rows.length > 0;
  if (empty.hidden || empty.dataset.kind === kind + document.documentElement.lang) return;
  empty.dataset.kind = kind + document.documentElement.lang;
  empty.querySelector(".what").textContent = data.labels[kind];
  empty.querySelector(".next").textContent = data.labels[`${kind}_next`];
  empty.querySelector(".way").replaceChildren(wayOn(visit));
}

export function showMore(visit) {
  const { data, root } = visit;
  const more = root.querySelector(".more");
  more.hidden = !data.more;
  more.textContent = data.labels.more;
  more.onclick = () => filterBy({ shown: data.filter.shown + data.step });
  const narrow = root.querySelector(".narrow");
  narrow.hidden = !data.narrow;
  narrow.textContent = data.labels.too_many;
}
