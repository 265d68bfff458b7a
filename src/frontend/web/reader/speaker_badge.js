import { element } from "../common/elements.js";
import { colourClass, numberOf } from "./speakers.js";

/** Return a speaker's number on its colour; it is also the key that gives a phrase to it. */
export function speakerBadge(id) {
  const number = String(numberOf(id));
  return element("span", {
    className: `badge ${colourClass(id)}`,
    textContent: number,
    "aria-hidden": "true",
  });
}
