// Problems that the backend reports (RFC 9457).

/** Parse a problem response; the kind is `unavailable` if it is not the backend's. */
export function parseProblem(status, body) {
  const { type = "", request_id: requestId = null } = parsed(body);
  const kind = type.startsWith("/problems/") ? problemKind(type) : "unavailable";
  return { kind, requestId, isFinal: status >= 400 && status < 500 };
}

/** Return the last part of a problem's type as the texts' keys have it. */
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
