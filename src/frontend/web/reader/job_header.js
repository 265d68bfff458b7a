// The head of a job: its name, edited in place, its tags and facts, and what can be done with it.

import { hrefOf, link } from "../common/address.js";
import { element, icon, iconButton, textButton } from "../common/elements.js";
import { jobFacts } from "./job_facts.js";
import { menu } from "./menu.js";

/** Items of the menu, as the ends of the texts' keys, with their icons. */
const ACTIONS = {
  rename: "edit",
  tags: "tag",
  folder: "folder",
  moment: "link",
  share: "share",
  repeat: "model",
  delete: "trash",
};

/** Keys of the texts that are not among those of the job. */
const TEXTS = { moment: "share.moment", share: "share.open" };

export class JobHeader {
  #job = null;

  /**
   * `actions`: the functions of the menu by name, without `rename`, which is done here; one that
   * is null is not offered;
   * `onRename(title)` saves a title, null for the name of the file.
   */
  constructor({ t, maxTitleChars, actions, onRename, signal }) {
    Object.assign(this, { t, maxTitleChars, onRename });
    this.actions = { ...actions, rename: () => this.edit() };
    const back = link(hrefOf({ view: "history" }));
    back.className = "back";
    back.append(icon("back_to"), t.text("reader.history"));
    this.title = element("h2", { className: "name", dir: "auto", on: { click: () => this.edit() } });
    this.title.title = t.text("job.rename");
    const line = element(
      "div",
      { className: "title-line" },
      this.title,
      iconButton("edit", t.text("job.rename"), () => this.edit(), "quiet"),
      this.#menu(signal),
    );
    this.tags = element("ul", { className: "tags", "aria-label": t.text("job.tags") });
    this.facts = element("p", { className: "facts" });
    this.root = element("header", {}, back, line, this.facts, this.tags);
  }

  show(job) {
    this.#job = job;
    this.title.textContent = nameOf(job);
    this.facts.textContent = jobFacts(this.t, job).join(" · ");
    const folder = job.folder ? [historyLink({ folder: job.folder }, icon("folder"))] : [];
    const tags = job.tags.map((tag) => historyLink({ tag }));
    this.tags.hidden = folder.length + tags.length === 0;
    this.tags.replaceChildren(...folder, ...tags);
  }

  /** Replace the title with a field until it is left; Escape keeps the title. */
  edit() {
    if (!this.title.isConnected || !this.#job) return;
    const before = this.title.textContent;
    const field = element("input", {
      type: "text",
      className: "name",
      value: before,
      maxLength: this.maxTitleChars,
      "aria-label": this.t.text("job.title"),
    });
    let isOpen = true;
    const finish = (text) => {
      if (!isOpen) return;
      isOpen = false; // a field that is removed loses the focus, which finishes it again
      const hadFocus = field.matches(":focus");
      field.replaceWith(this.title);
      if (hadFocus) this.title.nextElementSibling.focus();
      if (text !== before) this.#rename(text);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") finish(field.value.trim());
      else if (event.key === "Escape") finish(before);
    });
    field.addEventListener("blur", () => finish(field.value.trim()));
    this.title.replaceWith(field);
    field.focus();
    field.select();
  }

  #rename(text) {
    const title = text && text !== this.#job.file.name ? text : null;
    this.title.textContent = text || this.#job.file.name;
    this.onRename(title);
  }

  #menu(signal) {
    const choice = ([name, iconName]) => {
      const run = () => {
        root.open = false;
        this.actions[name](this.#job);
      };
      const className = name === "delete" ? "danger" : "";
      return textButton(this.t.text(TEXTS[name] ?? `job.${name}`), run, { iconName, className });
    };
    const content = Object.entries(ACTIONS)
      .filter(([name]) => this.actions[name])
      .map(choice);
    const root = menu({ iconName: "more", label: this.t.text("job.more"), signal, content });
    root.classList.add("more");
    return root;
  }
}

/** Return the title of a job, or else the name of its file. */
export function nameOf({ title, file }) {
  return title ?? file.name;
}

/** Return a link to the recordings with a tag or in a folder: `{tag}` or `{folder}`. */
function historyLink(filter, ...before) {
  const anchor = link(hrefOf({ view: "history", ...filter }));
  anchor.append(...before, ...Object.values(filter));
  return element("li", {}, anchor);
}
