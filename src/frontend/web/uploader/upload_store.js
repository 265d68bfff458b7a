// Uploads that this browser has begun, so that a reload, or a crash, costs none of their bytes.

const KEY = "uploads";
const TAB_KEY = "tab";
const STALE_MS = 30_000;

/** What a file is known by: its path is not told to a page. */
export function isSameFile(one, other) {
  return ["name", "size", "lastModified"].every((part) => one[part] === other[part]);
}

export function storeUpload(upload) {
  change((kept) => {
    const { id, name, size, lastModified } = upload;
    kept[id] = { id, name, size, lastModified, tab: thisTab(), touched: Date.now() };
  });
}

export function forgetUpload(id) {
  change((kept) => delete kept[id]);
}

/** What this tab left behind, or another one that is gone. */
export function resumableUploads() {
  const isLeft = ({ tab, touched }) => tab === thisTab() || Date.now() - touched > STALE_MS;
  return Object.values(read()).filter(isLeft);
}

function thisTab() {
  try {
    const id = sessionStorage.getItem(TAB_KEY) ?? String(Math.random());
    sessionStorage.setItem(TAB_KEY, id);
    return id;
  } catch {
    return "";
  }
}

function change(how) {
  const kept = read();
  how(kept);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing: uploads work, they only do not outlive a reload
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
