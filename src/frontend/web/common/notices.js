// Notices of failures: what happened, what to do, and the request id for the log.

import { element, textElement } from "./elements.js";

export function failureNotice(title, advice) {
  return element(
    "div",
    { className: "notice bad", role: "alert" },
    textElement("b", title),
    textElement("p", advice),
  );
}

/** Return the notice of a parsed problem; a kind without texts is shown as internal. */
export function problemNotice(t, { kind, requestId }) {
  const key = t.has(`problem.${kind}.next`) ? `problem.${kind}` : "problem.internal";
  const notice = failureNotice(t.text(key), t.text(`${key}.next`));
  const id = requestId && t.text("problem.request_id", { id: requestId });
  if (id) notice.append(textElement("small", id));
  return notice;
}
