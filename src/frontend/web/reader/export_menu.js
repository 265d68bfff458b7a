// ExportMenu the transcript away: copied, or as a file of any format. Both are the backend's own
// exports, made after the last correction is saved.

import { downloadBlob } from "../common/download.js";
import { element, icon, textButton } from "../common/elements.js";
import { menu } from "./menu.js";

export class ExportMenu {
  /** `formats`: `{name, hasOptionalTimestamps}` of each export format, in the menu's order. */
  constructor(t, { backend, formats, corrections, showMessage, fail, signal }) {
    Object.assign(this, { t, backend, formats, corrections, showMessage, fail });
    this.timestamps = element("input", { type: "checkbox" });
    this.copyMenu = this.#buildCopyMenu(signal);
    this.downloadMenu = this.#buildDownloadMenu(signal);
  }

  #buildCopyMenu(signal) {
    const choice = (key, timestamps) =>
      textButton(this.t.text(key), () => this.#take(this.copyMenu, () => this.#copy(timestamps)));
    const { t } = this;
    return menu(
      "copy",
      t.text("export.copy"),
      signal,
      choice("export.copy.plain", false),
      choice("export.copy.timestamps", true),
    );
  }

  #buildDownloadMenu(signal) {
    const { t } = this;
    const withTimes = element(
      "label",
      { className: "with-times" },
      this.timestamps,
      t.text("export.timestamps"),
    );
    return menu(
      "download",
      t.text("export.download"),
      signal,
      withTimes,
      ...this.formats.map((format) => this.#buildChoice(format)),
    );
  }

  #buildChoice(format) {
    const { t } = this;
    const download = () => this.#take(this.downloadMenu, () => this.#download(format));
    return element(
      "button",
      { type: "button", className: "choice", on: { click: download } },
      icon("download"),
      element("b", { textContent: t.text(`result.download.${format.name}`) }),
      element("small", { textContent: t.text(`result.download.${format.name}.help`) }),
    );
  }

  /** Do what was chosen; what goes wrong is told in words. */
  async #take(from, action) {
    from.open = false;
    try {
      await action();
    } catch (failure) {
      this.fail(failure);
    }
  }

  async #file(format, timestamps) {
    await this.corrections.flush();
    return this.backend.exportedFile(format, timestamps);
  }

  async #download(format) {
    const timestamps = format.hasOptionalTimestamps ? this.timestamps.checked : null;
    const { name, blob } = await this.#file(format.name, timestamps);
    downloadBlob(blob, name);
  }

  async #copy(timestamps) {
    const text = this.#file("txt", timestamps).then(({ blob }) => blob.text());
    await toClipboard(text);
    this.showMessage(this.t.text("result.copied"));
  }
}

/** `text` is a promise: a browser wants to be told of the copy within the click. */
async function toClipboard(text) {
  if (navigator.clipboard && globalThis.ClipboardItem) {
    const blob = text.then((found) => new Blob([found], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return;
  }
  // the clipboard is only there on https and on localhost
  const field = element("textarea", { value: await text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
