// The speakers above the text: who has which share, a filter, and the dialog that names them.

import { element, icon, nameButton, textElement } from "../common/elements.js";
import { speakerBadge } from "./speaker_badge.js";

export class SpeakerBar {
  /**
   * `onOpen(id)` opens the dialog of a speaker; a text that `isAllowed` to change has it.
   * `onName(id, name)` names a speaker as suggested.
   */
  constructor({ t, speakers, transcript, onOpen, onName }) {
    Object.assign(this, { t, speakers, transcript, onOpen, onName });
    this.isAllowed = false;
    this.root = element("ul", { className: "speakers", "aria-label": t.text("speaker.label") });
    speakers.addEventListener("changed", () => this.show());
    transcript.addEventListener("filtered", () => this.show());
    this.show();
  }

  show() {
    const { list } = this.speakers;
    this.root.hidden = list.length === 0;
    // a click on a row that is replaced loses its focus, so that rows are kept while they fit
    if (this.root.childElementCount !== list.length) {
      this.root.replaceChildren(...list.map(() => this.#row()));
    }
    list.forEach((speaker, index) => this.#update(this.root.children[index], speaker));
  }

  #row() {
    const name = element("button", { type: "button", className: "name" });
    const share = textElement("span", "", "share");
    const filter = element("button", { type: "button", className: "icon" }, icon("filter"));
    const suggestion = element("button", { type: "button", className: "suggestion" });
    return element("li", {}, name, share, filter, suggestion);
  }

  #update(row, { id, label, share, seconds, suggestion }) {
    const { t, transcript } = this;
    const [name, shareText, filter, maybe] = row.children;
    name.replaceChildren(speakerBadge(id), label);
    name.disabled = !this.isAllowed;
    name.title = this.isAllowed ? t.text("speaker.open") : "";
    name.onclick = () => this.onOpen(id);
    shareText.textContent = t.share(share);
    shareText.title = t.duration(seconds);
    const isOnly = transcript.onlySpeaker === id;
    nameButton(filter, t.text("speaker.only", { name: label }));
    filter.setAttribute("aria-pressed", String(isOnly));
    filter.onclick = () => transcript.showOnly(isOnly ? null : id);
    filter.hidden = this.speakers.list.length < 2;
    maybe.hidden = !suggestion || !this.isAllowed;
    if (maybe.hidden) return;
    const percent = t.percent(suggestion.certainty);
    maybe.textContent = t.text("speaker.suggestion", { name: suggestion.name, percent });
    maybe.title = t.text("speaker.suggestion.help");
    maybe.onclick = () => this.onName(id, suggestion.name);
  }
}
