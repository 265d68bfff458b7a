// What went wrong, in our own sentences: what it is, what to do, how to find it in the log.

import { element, textElement } from "./elements.js";

export function failureNotice(title, advice) {
  return element(
    "div",
    { className: "notice bad", role: "alert" },
    textElement("b", title),
    textElement("p", advice),
  );
}

/** `problem`: of `problemOf`; a kind that has no words counts as internal. */
export function problemNotice(words, { kind, requestId }) {
  const key = words.has(`problem.${kind}.next`) ? `problem.${kind}` : "problem.internal";
  const notice = failureNotice(words.say(key), words.say(`${key}.next`));
  const id = requestId && words.say("problem.request_id", { id: requestId });
  if (id) notice.append(textElement("small", id));
  return notice;
}
