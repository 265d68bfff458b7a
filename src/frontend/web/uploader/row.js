// One recording in the list, from its choice to its card.

import { element, iconButton, textElement } from "../common/elements.js";
import { problemNotice } from "../common/notices.js";
import { Card } from "./card.js";
import { Progress } from "./progress.js";
import { State } from "./upload.js";

export class Row {
  #content = null;
  #listening = new AbortController();

  constructor(words, upload, { isAlone, onChoose, onProceed, onRemove, onChange }) {
    Object.assign(this, { words, upload, isAlone, onChoose, onProceed, onChange });
    const removal = words.say("uploader.remove", { name: upload.name });
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
    if (this.#content instanceof Card) this.#content.show(normalization);
    this.trouble.replaceChildren(...(problem ? [problemNotice(this.words, problem)] : []));
  }

  /** As the card's; what has not arrived yet takes nobody's time. */
  showEstimate(waitS) {
    return this.#content instanceof Card ? this.#content.showEstimate(waitS) : waitS;
  }

  close() {
    this.#listening.abort();
    if (this.#content instanceof Card) this.#content.close();
    this.element.remove();
  }

  #showState() {
    const isReady = this.upload.state === State.READY;
    if (isReady && !(this.#content instanceof Card)) this.#showCard();
    else if (!isReady && !(this.#content instanceof Progress)) this.#showProgress();
    else if (!isReady) this.#content.showState();
  }

  #showCard() {
    const onProblem = (problem) => {
      this.upload.isUnfit = problem !== null;
      this.onChange();
    };
    // many at once are a list to look over
    this.#content = new Card(this.words, this.upload, { isOpen: this.isAlone(), onProblem });
    this.body.replaceChildren(this.#content.element);
    if (this.normalization !== undefined) this.#content.show(this.normalization);
  }

  #showProgress() {
    const { words, upload, onChoose, onProceed } = this;
    this.#content = new Progress(words, upload, { onChoose, onProceed });
    this.body.replaceChildren(this.#content.element);
  }
}
