// Names a speaker, has its voice remembered, merges it with another one, and separates merged ones.

import { showDialog } from "../common/dialog.js";
import { element, textButton, textElement } from "../common/elements.js";
import { speakerBadge } from "./speaker_badge.js";

export class SpeakerDialog {
  /**
   * `onName(id, name)` names a speaker, or with another's name or id merges it; `onRemember(id,
   * name)` names it and has its voice remembered.
   */
  constructor({ t, speakers, parent, maxChars, onName, onRemember }) {
    Object.assign(this, { t, speakers, parent, maxChars, onName, onRemember });
  }

  async open(id) {
    const { t } = this;
    const speaker = this.speakers.list.find((each) => each.id === id);
    if (!speaker) return;
    const field = element("input", {
      type: "text",
      className: "speaker-name",
      maxLength: this.maxChars,
      value: speaker.name ?? "",
      placeholder: speaker.label,
      autocomplete: "off",
    });
    const label = element("label", {}, textElement("span", t.text("speaker.name")), field);
    const remember = element("input", { type: "checkbox", "aria-describedby": "remember-help" });
    const isConfirmed = await showDialog({
      parent: this.parent,
      title: t.text("speaker.title", { name: speaker.label }),
      content: [label, this.#rememberChoice(remember), ...this.#mergeChoices(speaker), ...this.#separateChoices(speaker)],
      dismissLabel: t.text("speaker.cancel"),
      confirm: { label: t.text("speaker.save"), className: "primary" },
      focus: field,
    });
    const name = field.value.trim();
    if (!isConfirmed) return;
    if (name && remember.checked) this.onRemember(id, name);
    else if (name !== (speaker.name ?? "")) this.onName(id, name || null);
  }

  #rememberChoice(checkbox) {
    const label = element("label", { className: "remember" });
    label.append(checkbox, textElement("span", this.t.text("speaker.remember")));
    const help = textElement("p", this.t.text("speaker.remember.help"), "remember-help");
    help.id = "remember-help";
    return element("div", {}, label, help);
  }

  #mergeChoices({ id }) {
    const others = this.speakers.list.filter((each) => each.id !== id);
    if (!others.length) return [];
    const buttons = others.map((other) =>
      this.#action([speakerBadge(other.id), other.label], id, other.name ?? other.id),
    );
    return [this.#group("speaker.merge", buttons)];
  }

  #separateChoices({ merged }) {
    if (!merged.length) return [];
    const buttons = merged.map((each) => {
      const name = this.t.text("speaker.unnamed", { number: each.slice(1) });
      return this.#action([speakerBadge(each), name], each, null);
    });
    return [this.#group("speaker.separate", buttons)];
  }

  #group(key, buttons) {
    const text = this.t.text(key);
    const group = element("div", { className: "choices", role: "group", "aria-label": text });
    group.append(...buttons);
    return element("div", {}, textElement("p", text), group);
  }

  /** Return a button that closes the dialog and names a speaker. */
  #action(content, id, name) {
    const button = textButton("", () => {
      button.closest("dialog").close("");
      this.onName(id, name);
    });
    button.replaceChildren(...content);
    return button;
  }
}
