// Copies or downloads the transcript. The backend makes the exports, after the last correction
// is saved.

import { downloadBlob } from "../common/download.js";
import { element, icon, textButton } from "../common/elements.js";
import { copyText } from "./clipboard.js";
import { menu } from "./menu.js";

export class ExportMenu {
  /** `formats`: `{name, hasOptionalTimestamps}` of each export format, in the menu's order. */
  constructor({ t, formats, backend, corrections, onMessage, onError, signal }) {
    Object.assign(this, { t, formats, backend, corrections, onMessage, onError });
    this.timestamps = element("input", { type: "checkbox" });
    this.copyMenu = this.#buildCopyMenu(signal);
    this.downloadMenu = this.#buildDownloadMenu(signal);
  }

  #buildCopyMenu(signal) {
    const { t } = this;
    const choice = (key, timestamps) =>
      textButton(t.text(key), () => this.#run(this.copyMenu, () => this.#copy(timestamps)));
    return menu({
      iconName: "copy",
      label: t.text("export.copy"),
      signal,
      content: [choice("export.copy.plain", false), choice("export.copy.timestamps", true)],
    });
  }

  #buildDownloadMenu(signal) {
    const { t } = this;
    const label = t.text("export.timestamps");
    const timestamps = element("label", { className: "with-times" }, this.timestamps, label);
    return menu({
      iconName: "download",
      label: t.text("export.download"),
      signal,
      content: [timestamps, ...this.formats.map((format) => this.#buildChoice(format))],
    });
  }

  #buildChoice(format) {
    const { t } = this;
    const download = () => this.#run(this.downloadMenu, () => this.#download(format));
    return element(
      "button",
      { type: "button", className: "choice", on: { click: download } },
      icon("download"),
      element("b", { textContent: t.text(`result.download.${format.name}`) }),
      element("small", { textContent: t.text(`result.download.${format.name}.help`) }),
    );
  }

  async #run(fromMenu, action) {
    fromMenu.open = false;
    try {
      await action();
    } catch (error) {
      this.onError(error);
    }
  }

  async #exportedFile(format, timestamps) {
    await this.corrections.flush();
    return this.backend.exportedFile(format, timestamps, this.t.language);
  }

  async #download(format) {
    const timestamps = format.hasOptionalTimestamps ? this.timestamps.checked : null;
    const { name, blob } = await this.#exportedFile(format.name, timestamps);
    downloadBlob(blob, name);
  }

  async #copy(timestamps) {
    const text = this.#exportedFile("txt", timestamps).then(({ blob }) => blob.text());
    await copyText(text);
    this.onMessage(this.t.text("result.copied"));
  }
}
