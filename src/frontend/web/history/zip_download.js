import { downloadBlob } from "../common/download.js";
import { formatText } from "../common/translator.js";
import { showMessage } from "./notice.js";

/**
 * Download the transcripts of recordings as one zip. It is fetched before it is offered, so that
 * an error becomes a message and not a broken file.
 */
export async function downloadZip({ root, labels, rows, format }) {
  showMessage({ root, text: formatText(labels.zip_making, { count: rows.length }) });
  try {
    const response = await fetch("/backend/v1/transcriptions/export", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Accept-Language": document.documentElement.lang,
      },
      body: JSON.stringify({ format, ids: rows.map(({ id }) => id) }),
    });
    if (!response.ok) throw new Error(String(response.status));
    const day = new Date().toLocaleDateString("sv-SE"); // writes a date as 2026-11-28
    downloadBlob(await response.blob(), `${formatText(labels.zip_name, { day })}.zip`);
    showMessage({ root, text: labels.zip_made });
  } catch {
    showMessage({ root, text: labels.zip_failed, isFailure: true });
  }
}
