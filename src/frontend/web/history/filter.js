import { change, hrefOf } from "../common/address.js";

export const NO_FILTER = { query: "", status: "", tag: "", period: "", since: "", until: "" };

// Shows what the filter asks for, from its beginning, unless more of it is asked for. What is
// not named stays as the address has it, which may be newer than what the page shows.
export function filterBy(wanted) {
  const present = Object.fromEntries(new URLSearchParams(location.search));
  change(hrefOf({ ...present, shown: "", ...wanted }));
}
