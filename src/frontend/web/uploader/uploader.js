// The recordings of a new transcription. What Streamlit learns of them is which are there, by
// their ids, and how many are still under way.

import { Shelf } from "./shelf.js";
import { View } from "./view.js";

const shelf = new Shelf(); // outlives the view: uploads go on while another one is looked at
const restored = shelf.restore();
let view = null;

export default function showUploader({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".uploader");
  shelf.limitBytes = data.limit_bytes;
  shelf.putAway(data.started);
  if (view?.root !== root || view.language !== data.language) {
    view?.close();
    view = new View(root, shelf, data);
    restored.then(() => view?.showList());
  }
  view.report = (uploads) => setStateValue("uploads", uploads);
  view.update(data);
  return () => {
    view?.close();
    view = null;
  };
}
