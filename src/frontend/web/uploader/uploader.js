// The recordings of a new transcription. Reports to Streamlit which uploads are ready, by their
// ids, and how many are pending.

import { keepCookie } from "../common/cookies.js";
import { Translator } from "../common/translator.js";
import { UploadQueue } from "./upload_queue.js";
import { View } from "./view.js";

const queue = new UploadQueue(); // outlives the view: uploads continue while another view is open
const restored = queue.restore();
let view = null;

export default function showUploader({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".uploader");
  queue.limitBytes = data.limit_bytes;
  keepCookie(data.cookie);
  queue.removeStarted(data.started);
  if (view?.root !== root || view.t.language !== data.language) {
    view?.close();
    const t = new Translator(data.language, data.labels);
    view = new View({ root, queue, t, limitBytes: data.limit_bytes });
    restored.then(() => view?.showList());
  }
  view.onReport = (uploads) => setStateValue("uploads", uploads);
  view.update(data);
  return () => {
    view?.close();
    view = null;
  };
}
