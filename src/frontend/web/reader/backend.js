// The reader's calls of the backend, through the page's own server.

import { attachmentName } from "../common/download.js";
import { parseProblem } from "../common/problems.js";

const RETRIED = new Set([408, 423, 425, 429, 502, 503, 504]);

/** Browsers refuse to send more than 64 KiB of a page that is being closed. */
const MAX_KEEPALIVE_CHARS = 30_000;

/** The backend reported a problem, or did not respond. */
export class BackendError extends Error {
  constructor(status, body = "") {
    super(`status ${status}`);
    this.status = status;
    this.problem = parseProblem(status, body);
    this.isUnavailable = status === 0 || RETRIED.has(status);
  }
}

/** An id in the address bar may be anything; only these are sent to the backend. */
const JOB_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** The reader follows words whatever the job's own option says. */
const WORDS = "?word_timestamps=true";

export class Backend {
  constructor(jobId) {
    this.isJobId = JOB_ID.test(jobId);
    this.base = `/backend/v1/transcriptions/${encodeURIComponent(jobId)}`;
    this.audioUrl = `${this.base}/audio`;
    this.eventsUrl = `${this.base}/events${WORDS}`;
  }

  job = () => this.#json(WORDS);
  /** Return the job without the times of its words. */
  state = () => this.#json("?word_timestamps=false");
  report = () => this.#json("/report");
  waveform = () => this.#json("/waveform");
  cancel = () => this.#json("/cancel", { method: "POST" });
  /** Transcribe the recording again with these options; return the new job. */
  repeat = (options) => this.#json("/repeat", { method: "POST", ...jsonBody(options) });
  delete = () => this.#request("", { method: "DELETE" });
  shares = () => this.#json("/shares");
  /** Make a link for a number of days; return it with its token. */
  share = (days) =>
    this.#json("/shares", { method: "POST", ...jsonBody({ expires_in_days: days }) });
  revokeShare = (id) => this.#request(`/shares/${id}`, { method: "DELETE" });
  notes = () => this.#json("/notes");
  /** Add a note on a moment in seconds; return it with its id. */
  addNote = (time, text) => this.#json("/notes", { method: "POST", ...jsonBody({ time, text }) });
  changeNote = (id, text) => this.#patch(`/notes/${id}`, { text });
  deleteNote = (id) => this.#request(`/notes/${id}`, { method: "DELETE" });
  resume = () => this.#json("/resume", { method: "POST" });

  /** Set the `title`, the `tags` or the `folder`; return the job without its result. */
  describe(description) {
    return this.#patch("", description);
  }

  /** Save a segment's `{text}` or `{speaker}`, and return the segment. */
  correct(index, correction) {
    return this.#patch(`/segments/${index}${WORDS}`, correction);
  }

  /** Rewrite the text with these options; null ones are as in the job's options. */
  writeText = (options) => this.#json("/text", { method: "POST", ...jsonBody(options) });

  /** Return the names of all folders. */
  async folders() {
    const { items } = await (await request("/backend/v1/folders")).json();
    return items.map(({ folder }) => folder);
  }

  /** Return the saved names and terms. */
  async glossary() {
    return (await (await request("/backend/v1/glossary")).json()).glossary;
  }

  /** Add lines to the saved names and terms. */
  async addTerms(terms) {
    await request("/backend/v1/glossary", { method: "POST", ...jsonBody({ terms }) });
  }

  /** `split` a segment, `join` it with the next or move their `border`; return the new ones. */
  changeBorder(index, action, point = {}) {
    const request = { method: "POST", ...jsonBody(point) };
    return this.#json(`/segments/${index}/${action}${WORDS}`, request);
  }

  /** Name a speaker, merge it with the one that has the name, or with null separate it. */
  nameSpeaker(speaker, name) {
    return this.#patch(`/speakers/${speaker}`, { name });
  }

  /** Store a voice print of a named speaker; later recordings suggest the name. */
  rememberVoice(speaker) {
    return this.#json(`/speakers/${speaker}/voice`, { method: "POST" });
  }

  /**
   * Return the transcript as `{name, blob}`, with "Speaker 1" in a language; `timestamps` is null
   * for the format's default.
   */
  async exportedFile(format, timestamps, language) {
    const query = new URLSearchParams({ format });
    if (timestamps !== null) query.set("timestamps", String(timestamps));
    const headers = { "Accept-Language": language };
    const response = await this.#request(`/export?${query}`, { headers });
    const name = attachmentName(response.headers.get("Content-Disposition"));
    return { name, blob: await response.blob() };
  }

  /** Return the status of the recording's URL, 0 without a response. */
  async audioStatus() {
    try {
      return (await fetch(this.audioUrl, { method: "HEAD" })).status;
    } catch {
      return 0;
    }
  }

  #patch(path, values) {
    const request = jsonBody(values);
    // finish the request even if the tab is closed, so that the last correction is saved
    const keepalive = request.body.length < MAX_KEEPALIVE_CHARS;
    return this.#json(path, { method: "PATCH", ...request, keepalive });
  }

  async #json(path, options) {
    return (await this.#request(path, options)).json();
  }

  async #request(path, options) {
    if (!this.isJobId) throw new BackendError(404);
    return request(this.base + path, options);
  }
}

/** Return a response, or throw BackendError. */
async function request(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new BackendError(0);
  }
  if (response.ok) return response;
  throw new BackendError(response.status, await response.text().catch(() => ""));
}

function jsonBody(content) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
}

/** Repeat a call until the backend is available; `onUnavailable(true)` runs while it is not. */
export async function retryWhileUnavailable(call, { signal, onUnavailable }) {
  for (let delay = 1000; ; delay = Math.min(delay * 1.5, 5000)) {
    try {
      const result = await call();
      onUnavailable(false);
      return result;
    } catch (error) {
      if (!error.isUnavailable || signal.aborted) throw error;
      onUnavailable(true);
      await sleep(delay, signal);
    }
  }
}

/** Resolve after a time, or as soon as `signal` is aborted. */
export function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
