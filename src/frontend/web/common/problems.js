// What went wrong, as the backend tells it: the kind chooses the words, the id finds the log.

/** `unavailable` when nobody answered that speaks as the backend does. */
export function parseProblem(status, body) {
  const { type = "", request_id: requestId = null } = parsed(body);
  const kind = type.startsWith("/problems/") ? problemKind(type) : "unavailable";
  return { kind, requestId, isFinal: status >= 400 && status < 500 };
}

/** The last part of a problem's type, as our words are named. */
export function problemKind(type) {
  return type.split("/").at(-1).replaceAll("-", "_");
}

function parsed(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
