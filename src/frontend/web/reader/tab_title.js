// The title of the browser's tab: the name of the recording, and how far its transcription is.

/** Replaces Streamlit's title, which each run of the page sets again, until it is closed. */
export class TabTitle {
  #streamlits = document.title;
  #shown = document.title;

  constructor() {
    this.observer = new MutationObserver(() => this.#restore());
    this.observer.observe(document.querySelector("title"), { childList: true });
  }

  /** `progress`: a text such as `47%`, or empty. */
  show(name, progress) {
    const app = this.#streamlits.split(" · ").at(-1);
    this.#shown = [progress, name, app].filter(Boolean).join(" · ");
    document.title = this.#shown;
  }

  close() {
    this.observer.disconnect();
    document.title = this.#streamlits;
  }

  #restore() {
    if (document.title === this.#shown) return;
    this.#streamlits = document.title;
    document.title = this.#shown;
  }
}
