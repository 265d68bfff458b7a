import { filterBy } from "./filter.js";

/** Offer more recordings, or say that a narrower search is needed to see the rest. */
export function showPaging({ root, labels, hasMore, isAtLimit, nextShown }) {
  const more = root.querySelector(".more");
  more.hidden = !hasMore;
  more.textContent = labels.more;
  more.onclick = () => filterBy({ shown: nextShown });
  const atLimit = root.querySelector(".at-limit");
  atLimit.hidden = !isAtLimit;
  atLimit.textContent = labels.too_many;
}
