// Actions on the folder whose recordings are shown.

import { askForFolderName, confirmFolderDeletion } from "./confirm_dialog.js";
import { currentFilter, filterBy } from "./filter.js";

export function showFolderActions({ root, labels, limits, onAction }) {
  const { folder } = currentFilter();
  const bar = root.querySelector(".folder-actions");
  bar.hidden = !folder;
  show(bar.querySelector(".rename-folder"), labels.rename_folder, async () => {
    const name = await askForFolderName({ root, labels, limits, folder });
    if (!name || name === folder) return;
    onAction({ kind: "rename_folder", folder, name });
    filterBy({ folder: name });
  });
  show(bar.querySelector(".delete-folder"), labels.delete_folder, async () => {
    if (!(await confirmFolderDeletion({ root, labels, folder }))) return;
    onAction({ kind: "delete_folder", folder });
    filterBy({ folder: "" });
  });
}

function show(button, label, action) {
  button.textContent = label;
  button.onclick = action;
}
