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
  visit.shownOutcome ??= visit.data.outcome?.number ?? 0;
  if (!outcome || outcome.number === visit.shownOutcome) return;
  visit.shownOutcome = outcome.number;
  showMessage(visit, outcome.text, { failed: outcome.failed, small: outcome.request_id });
}
