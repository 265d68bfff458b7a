// One recording in the list, from its choice to its card.

import { element, iconButton, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { RecordingCard } from "./recording_card.js";
import { UploadProgress } from "./upload_progress.js";
import { State } from "./upload.js";

export class UploadRow {
  #content = null;
  #listening = new AbortController();

  constructor(t, upload, { isAlone, onChoose, onResume, onRemove, onChange }) {
    Object.assign(this, { t, upload, isAlone, onChoose, onResume, onChange });
    const removal = t.text("uploader.remove", { name: upload.name });
    const remove = iconButton("close", removal, onRemove);
    const head = element("div", { className: "head" }, textElement("h3", upload.name), remove);
    this.body = element("div");
    this.trouble = element("div");
    this.element = element("li", {}, head, this.body, this.trouble);
    const { signal } = this.#listening;
    upload.addEventListener("state", () => this.#showState(), { signal });
    upload.addEventListener("progress", () => this.#content?.show?.(), { signal });
    this.#showState();
  }

  /** `problem`: why the recording could not be started, as the backend told it. */
  update(normalization, problem) {
    this.normalization = normalization;
    if (this.#content instanceof RecordingCard) this.#content.show(normalization);
    this.trouble.replaceChildren(...(problem ? [problemNotice(this.t, problem)] : []));
  }

  /** As the card's; what has not arrived yet takes nobody's time. */
  showEstimate(waitS) {
    return this.#content instanceof RecordingCard ? this.#content.showEstimate(waitS) : waitS;
  }

  close() {
    this.#listening.abort();
    if (this.#content instanceof RecordingCard) this.#content.close();
    this.element.remove();
  }

  #showState() {
    const isReady = this.upload.state === State.READY;
    if (isReady && !(this.#content instanceof RecordingCard)) this.#showCard();
    else if (!isReady && !(this.#content instanceof UploadProgress)) this.#showProgress();
    else if (!isReady) this.#content.showState();
  }

  #showCard() {
    const onProblem = (problem) => {
      this.upload.isUnusable = problem !== null;
      this.onChange();
    };
    // many at once are a list to look over
    this.#content = new RecordingCard(this.t, this.upload, { isOpen: this.isAlone(), onProblem });
    this.body.replaceChildren(this.#content.element);
    if (this.normalization !== undefined) this.#content.show(this.normalization);
  }

  #showProgress() {
    const { t, upload, onChoose, onResume } = this;
    this.#content = new UploadProgress(t, upload, { onChoose, onResume });
    this.body.replaceChildren(this.#content.element);
  }
}
