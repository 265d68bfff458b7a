// One recording in the list: its progress while it is sent, then its card.

import { element, iconButton, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { RecordingCard } from "./recording_card.js";
import { State } from "./upload.js";
import { UploadProgress } from "./upload_progress.js";

export class UploadRow {
  #content = null;
  #closed = new AbortController();

  constructor({ t, upload, onChoose, onResume, onRemove, onChange }) {
    Object.assign(this, { t, upload, onChoose, onResume, onChange });
    const remove = iconButton("close", t.text("uploader.remove", { name: upload.name }), onRemove);
    const head = element("div", { className: "head" }, textElement("h3", upload.name), remove);
    this.body = element("div", { className: "body" });
    this.problem = element("div");
    this.element = element("li", {}, head, this.body, this.problem);
    const { signal } = this.#closed;
    upload.addEventListener("state", () => this.#showState(), { signal });
    upload.addEventListener("progress", () => this.#content?.showProgress?.(), { signal });
    this.#showState();
  }

  /** `problem`: why the backend could not start the recording, or null. */
  update(normalization, problem) {
    this.normalization = normalization;
    if (this.#content instanceof RecordingCard) this.#content.load(normalization);
    this.problem.replaceChildren(...(problem ? [problemNotice(this.t, problem)] : []));
  }

  /** See RecordingCard; a recording that has not arrived adds no time. */
  showEstimate(waitS) {
    return this.#content instanceof RecordingCard ? this.#content.showEstimate(waitS) : waitS;
  }

  close() {
    this.#closed.abort();
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
    const { t, upload } = this;
    this.#content = new RecordingCard({ t, uploadId: upload.id, onProblem });
    this.body.replaceChildren(this.#content.element);
    if (this.normalization !== undefined) this.#content.load(this.normalization);
  }

  #showProgress() {
    const { t, upload, onChoose, onResume } = this;
    this.#content = new UploadProgress({ t, upload, onChoose, onResume });
    this.body.replaceChildren(this.#content.element);
  }
}
