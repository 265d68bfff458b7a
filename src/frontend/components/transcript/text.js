const COPIED_MS = 2000;

async function copy(root, text) {
  // the clipboard is only there on https and on localhost: elsewhere the text is selected
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(root.querySelector(".text"));
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  document.execCommand("copy");
}

export default function ({ data, parentElement: root }) {
  const button = root.querySelector(".copy");
  root.querySelector(".text").textContent = data.text;
  button.textContent = data.labels.copy;
  let timer;
  button.onclick = async () => {
    await copy(root, data.text);
    button.textContent = data.labels.copied;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = data.labels.copy;
    }, COPIED_MS);
  };
  return () => clearTimeout(timer);
}
