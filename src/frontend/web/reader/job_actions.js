// What is done with a whole job from its own page: it is described, shared, repeated, deleted.

import { hrefOf, navigate } from "../common/address.js";
import { clock } from "../common/translator.js";
import { copyText } from "./clipboard.js";
import { JobDialogs } from "./job_dialogs.js";
import { ShareDialog } from "./share_dialog.js";

export class JobActions {
  /**
   * `data`: of the component; `currentTime()`: the player's, in seconds; `onDescribed(changes)`: the
   * title, the tags and the folder as they are now, null if they could not be changed; `onCancel()`:
   * stop the job unless it has ended.
   */
  constructor({
    t, data, parent, backend, corrections, currentTime, onDescribed, onCancel, onMessage, onError,
  }) {
    Object.assign(this, {
      t, data, backend, corrections, currentTime, onDescribed, onCancel, onMessage, onError,
    });
    const { languages, models, diarizations, maxTagsChars, maxFolderChars } = data;
    this.dialogs = new JobDialogs({
      t, parent, languages, models, diarizations, maxTagsChars, maxFolderChars,
    });
    this.shareDialog = new ShareDialog({ t, parent, backend });
  }

  /** The actions of the menu, by name; one that is null is not offered. */
  get menu() {
    return {
      tags: (job) => this.#tag(job),
      folder: (job) => this.#move(job),
      moment: () => this.#copyMoment(),
      share: this.data.canShare ? () => this.#share() : null,
      repeat: (job) => this.#askToRepeat(job),
      delete: (job) => this.#delete(job),
    };
  }

  /** Set the title, the tags or the folder. */
  async describe(description) {
    try {
      const { title, tags, folder } = await this.backend.describe(description);
      this.onDescribed({ title, tags, folder });
    } catch (error) {
      this.onError(error);
      this.onDescribed(null);
    }
  }

  /**
   * Transcribe the recording again with other options, instead of going on, and go to that job.
   * `compared`: id of the job that it is shown beside.
   */
  async repeat(options, compared = null) {
    try {
      await this.onCancel();
      const job = await this.backend.repeat(options);
      navigate(hrefOf({ job: job.id, compare: compared }));
    } catch (error) {
      this.onError(error);
    }
  }

  async #askToRepeat(job) {
    const options = await this.dialogs.repeat(job);
    if (options) await this.repeat(options, job.result?.text ? job.id : null);
  }

  async #tag(job) {
    const tags = await this.dialogs.tags(job);
    if (tags) await this.describe({ tags });
  }

  async #move(job) {
    const known = await this.backend.folders().catch(() => []);
    const folder = await this.dialogs.folder(job, known);
    if (folder !== null) await this.describe({ folder });
  }

  /** Copy a link that plays from the player's position. */
  async #copyMoment() {
    const seconds = Math.floor(this.currentTime());
    const address = location.origin + hrefOf({ job: this.data.jobId, t: seconds });
    await copyText(Promise.resolve(address));
    this.onMessage(this.t.text("share.moment_copied", { time: clock(seconds) }));
  }

  async #share() {
    try {
      await this.corrections.flush();
      await this.shareDialog.open();
    } catch (error) {
      this.onError(error);
    }
  }

  async #delete(job) {
    if (!(await this.dialogs.delete(job))) return;
    try {
      await this.backend.delete();
      this.corrections.deleteUnsaved();
      navigate(hrefOf({ view: "history" }));
    } catch (error) {
      this.onError(error);
    }
  }
}
