// Keeps the uploads that this browser has started, so that a reload or a crash loses no sent bytes.

const KEY = "uploads";
const TAB_KEY = "tab";
const STALE_MS = 30_000;

/** Compare what a page may know of a file: its path is hidden. */
export function isSameFile(one, other) {
  return ["name", "size", "lastModified"].every((property) => one[property] === other[property]);
}

export function storeUpload({ id, name, size, lastModified }) {
  change((stored) => {
    stored[id] = { id, name, size, lastModified, tab: thisTab(), touched: Date.now() };
  });
}

export function forgetUpload(id) {
  change((stored) => delete stored[id]);
}

/** Return the uploads of this tab, and those of other tabs that no longer send. */
export function resumableUploads() {
  const isResumable = ({ tab, touched }) => tab === thisTab() || Date.now() - touched > STALE_MS;
  return Object.values(read()).filter(isResumable);
}

/** Return an id that survives a reload of this tab. */
function thisTab() {
  try {
    const id = sessionStorage.getItem(TAB_KEY) ?? String(Math.random());
    sessionStorage.setItem(TAB_KEY, id);
    return id;
  } catch {
    return "";
  }
}

function change(edit) {
  const stored = read();
  edit(stored);
  try {
    localStorage.setItem(KEY, JSON.stringify(stored));
  } catch {
    // without storage, uploads still work; only a reload loses them
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
