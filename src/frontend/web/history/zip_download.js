import { downloadBlob } from "../common/download.js";
import { formatText } from "../common/translator.js";
import { showMessage } from "./notice.js";

// Saves the texts of recordings as one zip. It is fetched before it is offered, so that what
// goes wrong is told here and not by a broken file.
export async function downloadZip(visit, rows, format) {
  const { labels } = visit.data;
  showMessage(visit, formatText(labels.zip_making, { count: rows.length }));
  try {
    const answer = await fetch("/backend/v1/transcriptions/export", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ format, ids: rows.map(({ id }) => id) }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const day = new Date().toLocaleDateString("sv-SE");
    downloadBlob(await answer.blob(), `${formatText(labels.zip_name, { day })}.zip`);
    showMessage(visit, labels.zip_made);
  } catch {
    showMessage(visit, labels.zip_failed, { failed: true });
  }
}
