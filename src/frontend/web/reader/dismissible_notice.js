// A failure of the backend's, or of the page itself, that can be closed.

import { iconButton } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";

export function failureNotice(t, failure, onClose) {
  const notice = problemNotice(t, failure.problem ?? { kind: "unexpected" });
  notice.append(iconButton("close", t.text("reader.close"), onClose, "dismiss"));
  return notice;
}
