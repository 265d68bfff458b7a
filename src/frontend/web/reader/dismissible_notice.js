import { iconButton } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";

/** Return a notice of an error, of the backend or of the page itself, with a button to close it. */
export function dismissibleNotice({ t, error, onClose }) {
  const notice = problemNotice(t, error.problem ?? { kind: "unexpected" });
  notice.append(iconButton("close", t.text("reader.close"), onClose, "dismiss"));
  return notice;
}
