// Questions about a whole job: its tags and folder, transcribing it again, deleting it.

import { showDialog } from "../common/dialog.js";
import { element, textElement } from "../common/elements.js";
import { nameOf } from "./job_header.js";

export class JobDialogs {
  /**
   * `languages`: `{code, name}` of each, in the order of the list; `models`: ids, none if there is no
   * choice; `diarizations`: codes.
   */
  constructor({ t, parent, languages, models, diarizations, maxTagsChars, maxFolderChars }) {
    Object.assign(this, { t, parent, languages, models, diarizations, maxTagsChars, maxFolderChars });
  }

  /** Resolve to the new tags, or null. */
  async tags(job) {
    const { t } = this;
    const field = element("input", {
      type: "text",
      value: job.tags.join(", "),
      maxLength: this.maxTagsChars,
      placeholder: t.text("job.tags.example"),
      autocomplete: "off",
    });
    const isConfirmed = await this.#ask({
      title: t.text("job.tags"),
      content: [this.#labelled("job.tags.field", field)],
      confirm: { label: t.text("job.save"), className: "primary" },
      focus: field,
    });
    if (!isConfirmed) return null;
    return field.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  }

  /** Resolve to the folder, empty for none, or null; `known`: names of those there are. */
  async folder(job, known) {
    const { t } = this;
    const list = element("datalist", { id: "known-folders" }, ...known.map((name) => new Option(name, name)));
    const field = element("input", {
      type: "text",
      value: job.folder ?? "",
      maxLength: this.maxFolderChars,
      autocomplete: "off",
    });
    field.setAttribute("list", list.id);
    const isConfirmed = await this.#ask({
      title: t.text("job.folder"),
      content: [this.#labelled("job.folder.field", field), list, textElement("p", t.text("job.folder.new"))],
      confirm: { label: t.text("job.folder.yes"), className: "primary" },
      focus: field,
    });
    return isConfirmed ? field.value.trim() : null;
  }

  /** Resolve to the options that differ from the job's own, or null. */
  async repeat({ options }) {
    const { t } = this;
    const language = this.#select(this.languages, options.language);
    const nameKind = (code) => ({ code, name: t.text(`options.diarization.${code}`) });
    const kinds = this.diarizations.map(nameKind);
    const diarization = this.#select(kinds, options.diarization);
    const model = this.#modelSelect(options.model);
    const isConfirmed = await this.#ask({
      title: t.text("job.repeat"),
      content: [
        textElement("p", t.text("job.repeat.keeps")),
        this.#labelled("options.language", language),
        ...(model ? [this.#labelled("options.model", model)] : []),
        this.#labelled("options.diarization", diarization),
      ],
      confirm: { label: t.text("job.repeat.yes"), className: "primary" },
      focus: language,
    });
    if (!isConfirmed) return null;
    const chosen = { language: language.value, diarization: diarization.value };
    return model ? { ...chosen, model: model.value || null } : chosen;
  }

  /** Resolve to whether the job may be deleted. */
  delete(job) {
    const { t } = this;
    return this.#ask({
      title: t.text("job.delete.question"),
      content: [textElement("p", nameOf(job), "subject"), textElement("p", t.text("job.delete.consequence"))],
      confirm: { label: t.text("job.delete"), className: "danger" },
    });
  }

  #ask(question) {
    return showDialog({ parent: this.parent, dismissLabel: this.t.text("job.dismiss"), ...question });
  }

  #labelled(key, field) {
    return element("label", { className: "field" }, textElement("span", this.t.text(key)), field);
  }

  /** Return the choice of the model, or null if there is only one. */
  #modelSelect(chosen) {
    if (this.models.length === 0) return null;
    const named = this.models.map((id) => ({ code: id, name: id }));
    return this.#select([{ code: "", name: this.t.text("options.model.auto") }, ...named], chosen ?? "");
  }

  #select(choices, chosen) {
    const options = choices.map(({ code, name }) => new Option(name, code, false, code === chosen));
    return element("select", {}, ...options);
  }
}
