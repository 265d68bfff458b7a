/** Save a blob as a file. */
export function downloadBlob(blob, name) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000); // the browser may still be reading it
}

/** Return the UTF-8 name (RFC 8187) in a `Content-Disposition` header. */
export function attachmentName(header) {
  return decodeURIComponent(header.match(/filename\*=UTF-8''([^;\s]+)/i)[1]);
}
