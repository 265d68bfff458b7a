// A new transcript beside the one that it was repeated from; one of them can be deleted.

import { hrefOf, navigate, replaceAddress } from "../common/address.js";
import { element, textButton, textElement } from "../common/elements.js";
import { clock } from "../common/translator.js";
import { Backend } from "./backend.js";
import { comparedRows } from "./word_diff.js";

export class Comparison {
  #job = null;

  /**
   * `onPlay(start)`: play from a row; `onDelete(job)`: ask whether a job may be deleted.
   */
  constructor({ t, onPlay, onDelete, onError }) {
    Object.assign(this, { t, onPlay, onDelete, onError });
    /** Elements that make room for the comparison. */
    this.hidden = [];
    this.root = element("section", {
      className: "comparison", "aria-label": t.text("compare.title"), hidden: true,
    });
  }

  /** Show a finished job beside the one that the address names, if it names one. */
  async show(job) {
    this.#job = job;
    const otherId = new URLSearchParams(location.search).get("compare");
    if (!otherId || job.status !== "completed") return;
    try {
      this.#draw(await new Backend(otherId).job());
    } catch (error) {
      if (error.status === 404) this.#close();
      else this.onError(error);
    }
  }

  #draw(old) {
    const { t } = this;
    const job = this.#job;
    const rows = comparedRows(old.result?.segments ?? [], job.result?.segments ?? []);
    this.root.replaceChildren(
      textElement("p", t.text("compare.about"), "compare-about"),
      element(
        "div",
        { className: "compare-row compare-head" },
        element("span"),
        this.#head("compare.before", old, () => this.#keep(old, job)),
        this.#head("compare.after", job, () => this.#keep(job, old)),
      ),
      ...rows.map((row) => this.#row(row)),
      textButton(t.text("compare.both"), () => this.#close()),
    );
    this.#setShown(true);
  }

  #head(key, job, keep) {
    const { t } = this;
    const facts = [t.languageName(job.language ?? job.options.language), job.model?.name];
    return element(
      "div",
      {},
      textElement("h3", t.text(key)),
      textElement("small", facts.filter(Boolean).join(" · ")),
      textButton(t.text("compare.keep"), keep),
    );
  }

  #row({ start, before, after }) {
    const { t } = this;
    const play = textButton(clock(start), () => this.onPlay(start), { className: "time" });
    play.setAttribute("aria-label", t.text("reader.play_from", { time: clock(start) }));
    return element(
      "div",
      { className: "compare-row" },
      play,
      this.#text("compare.before", before, "del"),
      this.#text("compare.after", after, "ins"),
    );
  }

  /** Return words as a paragraph; neighbours that differ are one mark. */
  #text(key, words, tag) {
    const runs = [];
    for (const { text, differs } of words) {
      const last = runs.at(-1);
      if (last?.differs === differs) last.texts.push(text);
      else runs.push({ differs, texts: [text] });
    }
    const shown = runs.flatMap(({ differs, texts }) => [
      differs ? textElement(tag, texts.join(" ")) : texts.join(" "),
      " ",
    ]);
    return element(
      "p",
      { dir: "auto" },
      textElement("span", this.t.text(key), "compare-which"),
      ...(shown.length ? shown : ["—"]),
    );
  }

  /** Delete one of the two jobs if the visitor confirms it, and show the other. */
  async #keep(kept, other) {
    if (!(await this.onDelete(other))) return;
    try {
      await new Backend(other.id).delete();
      if (kept.id === this.#job.id) this.#close();
      else navigate(hrefOf({ job: kept.id }));
    } catch (error) {
      this.onError(error);
    }
  }

  #close() {
    this.#setShown(false);
    replaceAddress(hrefOf({ job: this.#job.id }));
  }

  #setShown(isShown) {
    this.root.hidden = !isShown;
    for (const part of this.hidden) part.classList.toggle("compared", isShown);
  }
}
