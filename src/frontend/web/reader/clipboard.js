/** Copy a text; it is a promise, because a browser wants the clipboard item within the click. */
export async function copyText(text) {
  if (navigator.clipboard && globalThis.ClipboardItem) {
    const blob = text.then((plain) => new Blob([plain], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return;
  }
  // browsers offer the clipboard on https and on localhost only
  const field = document.createElement("textarea");
  field.value = await text;
  // what is outside of a modal dialog cannot be selected
  (document.activeElement?.shadowRoot?.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
