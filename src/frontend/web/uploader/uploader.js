// The recordings of a new transcription. What Streamlit learns of them is which are there, by
// their ids, and how many are still under way.

import { UploadQueue } from "./upload_queue.js";
import { View } from "./view.js";

const queue = new UploadQueue(); // outlives the view: uploads go on while another one is looked at
const restored = queue.restore();
let view = null;

export default function showUploader({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".uploader");
  queue.limitBytes = data.limit_bytes;
  queue.removeStarted(data.started);
  if (view?.root !== root || view.language !== data.language) {
    view?.close();
    view = new View(root, queue, data);
    restored.then(() => view?.showList());
  }
  view.report = (uploads) => setStateValue("uploads", uploads);
  view.update(data);
  return () => {
    view?.close();
    view = null;
  };
}
