import { hrefOf, replaceAddress } from "../common/address.js";

export const NO_FILTER = { query: "", status: "", tag: "", period: "", since: "", until: "" };

/**
 * Change some of the filter, and show its results from the beginning unless `shown` is given.
 * The rest is taken from the address, which may be newer than what the page shows.
 */
export function filterBy(changes) {
  const current = Object.fromEntries(new URLSearchParams(location.search));
  replaceAddress(hrefOf({ ...current, shown: "", ...changes }));
}
