// What came of the last action, for the eye and for a screen reader.
export function showMessage(visit, text, { failed = false, small = "" } = {}) {
  const notice = visit.root.querySelector(".notice");
  notice.classList.toggle("failed", failed);
  const beneath = document.createElement("small");
  beneath.textContent = small;
  notice.replaceChildren(text, ...(small ? [beneath] : []));
}

export function showNotice(visit) {
  const { outcome } = visit.data;
  visit.told ??= visit.data.outcome?.number ?? 0;
  if (!outcome || outcome.number === visit.told) return;
  visit.told = outcome.number;
  showMessage(visit, outcome.text, { failed: outcome.failed, small: outcome.request_id });
}
