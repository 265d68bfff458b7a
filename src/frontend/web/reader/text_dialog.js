// Rewrites the text from the recognised words, in another form.

import { showDialog } from "../common/dialog.js";
import { element, textElement } from "../common/elements.js";

const CHOICES = {
  punctuation: ["auto", "none"],
  numbers: ["as_spoken", "digits"],
  typography: ["none", "auto"],
};

export class TextDialog {
  /** `onWrite(options, {usesGlossary})`: with the options of the job that change the text. */
  constructor({ t, parent, onWrite }) {
    Object.assign(this, { t, parent, onWrite });
  }

  /** Ask how to write the text; `current` are the options of the job. */
  async open(current) {
    const { t } = this;
    const selects = Object.entries(CHOICES).map(([name, values]) =>
      this.#select(name, values, current[name]),
    );
    const glossary = element("input", { type: "checkbox", checked: true });
    const isConfirmed = await showDialog({
      parent: this.parent,
      title: t.text("text.title"),
      content: [
        textElement("p", t.text("text.help")),
        ...selects.map((select) =>
          element("label", { className: "text-option" }, textElement("span", select.title), select),
        ),
        element("label", {}, glossary, textElement("span", t.text("text.glossary"))),
      ],
      dismissLabel: t.text("text.cancel"),
      confirm: { label: t.text("text.write"), className: "primary" },
      focus: selects[0],
    });
    if (!isConfirmed) return;
    const options = Object.fromEntries(selects.map(({ name, value }) => [name, value]));
    this.onWrite(options, { usesGlossary: glossary.checked });
  }

  #select(name, values, current) {
    const choices = values.map((value) =>
      element("option", {
        value,
        textContent: this.t.text(`options.${name}.${value}`),
        selected: value === current,
      }),
    );
    return element("select", { name, title: this.t.text(`options.${name}`) }, ...choices);
  }
}
