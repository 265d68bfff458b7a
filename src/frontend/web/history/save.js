import { saveAs } from "../common/download.js";
import { fillIn } from "../common/words.js";
import { tell } from "./notice.js";

// Saves the texts of recordings as one zip. It is fetched before it is offered, so that what
// goes wrong is told here and not by a broken file.
export async function saveAsZip(visit, rows, format) {
  const { labels } = visit.data;
  tell(visit, fillIn(labels.zip_making, { count: rows.length }));
  try {
    const answer = await fetch("/transcripts.zip", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ format, ids: rows.map(({ id }) => id) }),
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const day = new Date().toLocaleDateString("sv-SE");
    saveAs(await answer.blob(), `${fillIn(labels.zip_name, { day })}.zip`);
    tell(visit, labels.zip_made);
  } catch {
    tell(visit, labels.zip_failed, { failed: true });
  }
}
