// Gives phrases to speakers: by the keys 1 to 9, or with the list beside a phrase.

import { element, icon } from "../common/elements.js";

export class SpeakerAssigner {
  /** `change(values, origin, field)` changes segments as one step of undo. */
  constructor({ t, segments, speakers, transcript, change, onMessage }) {
    Object.assign(this, { t, segments, speakers, transcript, change, onMessage });
  }

  /** Give the selected phrases, or else the active one, to the speaker with a number. */
  assign(number) {
    const id = this.speakers.idOf(number);
    const positions = this.transcript.selected();
    if (!id || !positions.length) return;
    this.#assign(positions, id);
  }

  /** Return a list of the speakers for a phrase, which looks like a button with an icon. */
  buildChoice(position) {
    const { t, speakers } = this;
    const { nextNumber } = speakers;
    const current = this.segments.at(position).speaker;
    const label = t.text("speaker.choose");
    const select = element("select", { "aria-label": label, title: label });
    for (const { id, label: name } of speakers.list) {
      select.append(element("option", { value: id, textContent: name }));
    }
    select.append(
      element("option", {
        value: `S${nextNumber}`,
        textContent: t.text("speaker.new", { number: nextNumber }),
      }),
    );
    select.value = current ?? "";
    select.addEventListener("change", () => this.#assign([position], select.value));
    return element("span", { className: "icon-select" }, icon("speaker"), select);
  }

  #assign(positions, id) {
    this.change(positions.map((position) => [position, id]), "assign", "speaker");
    this.onMessage(this.speakers.labelOf(id));
  }
}
