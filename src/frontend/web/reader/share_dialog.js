// Makes links with which others may read the transcript, and revokes them.

import { showDialog } from "../common/dialog.js";
import { element, textButton, textElement } from "../common/elements.js";
import { copyText } from "./clipboard.js";

const DAYS = [1, 7, 30, 365];
const USUAL_DAYS = "7";

export class ShareDialog {
  constructor({ t, parent, backend }) {
    Object.assign(this, { t, parent, backend });
  }

  /** Resolve when the dialog is closed; throw if the links cannot be read. */
  async open() {
    const { t } = this;
    this.list = element("ul", { className: "share-links" });
    this.valid = element("div", {}, textElement("p", t.text("share.valid")), this.list);
    this.made = element("div", { className: "share-made", role: "status" });
    const option = (days) => new Option(t.text("share.for_days", { count: days }), String(days));
    this.days = element("select", {}, ...DAYS.map(option));
    this.days.value = USUAL_DAYS;
    const days = element("label", { className: "field" }, textElement("span", t.text("share.days")), this.days);
    this.create = textButton(t.text("share.create"), () => this.#attempt(() => this.#create()), {
      className: "primary",
    });
    await this.#showLinks();
    await showDialog({
      parent: this.parent,
      title: t.text("share.title"),
      content: [textElement("p", t.text("share.about")), days, this.create, this.made, this.valid],
      dismissLabel: t.text("share.close"),
      focus: this.create,
    });
  }

  async #create() {
    const { token } = await this.backend.share(Number(this.days.value));
    const field = element("input", {
      type: "text",
      readOnly: true,
      value: `${location.origin}/shared/${token}`,
      "aria-label": this.t.text("share.title"),
    });
    const copy = textButton(this.t.text("share.copy"), async () => {
      await copyText(Promise.resolve(field.value));
      copy.textContent = this.t.text("share.copied");
    });
    this.made.replaceChildren(
      element("div", { className: "share-made-link" }, field, copy),
      textElement("small", this.t.text("share.once")),
    );
    field.select();
    await this.#showLinks();
  }

  async #showLinks() {
    const { items } = await this.backend.shares();
    this.valid.hidden = items.length === 0;
    this.list.replaceChildren(...items.map((link) => this.#link(link)));
  }

  #link({ id, expires_at: expiresAt }) {
    const { t } = this;
    const format = new Intl.DateTimeFormat(t.language, { dateStyle: "medium", timeStyle: "short" });
    const until = t.text("share.until", { day: format.format(new Date(expiresAt)) });
    const revoke = () =>
      this.#attempt(async () => {
        await this.backend.revokeShare(id);
        this.made.replaceChildren();
        await this.#showLinks();
        this.create.focus();
      });
    return element("li", {}, textElement("span", until), textButton(t.text("share.revoke"), revoke));
  }

  /** Run an action of the dialog; say in it what failed. */
  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      const kind = error.problem?.kind ?? "unexpected";
      const key = this.t.has(`problem.${kind}`) ? `problem.${kind}` : "problem.internal";
      this.made.replaceChildren(textElement("p", this.t.text(key)));
    }
  }
}
