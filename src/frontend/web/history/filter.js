import { hrefOf, replaceAddress } from "../common/address.js";

export const NO_FILTER = { query: "", status: "", tag: "", folder: "", period: "", since: "", until: "" };

/** Return the filter in the address, which may be newer than the rows that the page shows. */
export function currentFilter() {
  const address = new URLSearchParams(location.search);
  return Object.fromEntries(Object.keys(NO_FILTER).map((name) => [name, address.get(name) ?? ""]));
}

/**
 * Change some of the filter, and show its results from the beginning unless `shown` is given.
 * The rest stays as it is in the address. Do nothing in another view.
 */
export function filterBy(changes) {
  const current = Object.fromEntries(new URLSearchParams(location.search));
  if (current.view !== "history" || current.job) return;
  replaceAddress(hrefOf({ ...current, shown: "", ...changes }));
}
