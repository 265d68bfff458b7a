/** Show the outcome of an action; screen readers announce it. `detail` is small beneath it. */
export function showMessage({ root, text, isFailure = false, detail = "" }) {
  const notice = root.querySelector(".notice");
  notice.classList.toggle("failed", isFailure);
  const small = document.createElement("small");
  small.textContent = detail;
  notice.replaceChildren(text, ...(detail ? [small] : []));
}
