// Offers, after a correction, to write the word so in all new transcriptions.

import { element, iconButton, textButton } from "../common/elements.js";
import { glossaryLine } from "./glossary_line.js";

export class GlossaryOffer {
  #offer = null;

  /** `onAdded(line)`: it is saved. */
  constructor({ t, backend, transcript, onAdded, onError }) {
    Object.assign(this, { t, backend, transcript, onAdded, onError });
  }

  /** Offer it under a segment that was corrected, in place of an earlier offer. */
  offer(position, before, after) {
    const line = glossaryLine(before, after);
    if (!line) return;
    this.#offer?.remove();
    const { t } = this;
    this.#offer = element(
      "div",
      { className: "glossary-offer", role: "group", "aria-label": t.text("always.label") },
      element("span", { dir: "auto", textContent: line }),
      textButton(t.text("always.add"), () => this.#add(line)),
      iconButton("close", t.text("reader.close"), () => this.#offer.remove()),
    );
    this.transcript.row(position).append(this.#offer);
  }

  async #add(line) {
    this.#offer.remove();
    try {
      await this.backend.addTerms(line);
      this.onAdded(line);
    } catch (error) {
      this.onError(error);
    }
  }
}
