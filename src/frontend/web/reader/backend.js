// The calls of the backend that the reader makes, by way of the page's own server.

import { attachmentName } from "../common/download.js";
import { parseProblem } from "../common/problems.js";

const RETRIED = new Set([408, 423, 425, 429, 502, 503, 504]);

/** The backend said no, or nothing. */
export class BackendFailure extends Error {
  constructor(status, body = "") {
    super(`status ${status}`);
    this.status = status;
    this.problem = parseProblem(status, body);
    this.isUnavailable = status === 0 || RETRIED.has(status);
  }
}

/** What an address bar may hold is not always the id of a job. */
const JOB_ID = /^[A-Za-z0-9_-]{1,128}$/;

export class Backend {
  constructor(jobId) {
    this.isJob = JOB_ID.test(jobId);
    this.base = `/backend/v1/transcriptions/${encodeURIComponent(jobId)}`;
    this.audioUrl = `${this.base}/audio`;
    this.eventsUrl = `${this.base}/events`;
  }

  job = () => this.#json("");
  waveform = () => this.#json("/waveform");
  cancel = () => this.#json("/cancel", { method: "POST" });
  resume = () => this.#json("/resume", { method: "POST" });

  correct(index, text) {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ text });
    // it may outlive the page: what was typed last is saved even as the tab closes
    const keepalive = body.length < 30_000;
    return this.#json(`/segments/${index}`, { method: "PATCH", headers, body, keepalive });
  }

  /** Return the transcript as `{name, blob}`; `timestamps` is null for the format's default. */
  async exportedFile(format, timestamps) {
    const query = new URLSearchParams({ format });
    if (timestamps !== null) query.set("timestamps", String(timestamps));
    const answer = await this.#ask(`/export?${query}`);
    const name = attachmentName(answer.headers.get("Content-Disposition"));
    return { name, blob: await answer.blob() };
  }

  /** 0 when nobody answers. */
  async audioStatus() {
    try {
      return (await fetch(this.audioUrl, { method: "HEAD" })).status;
    } catch {
      return 0;
    }
  }

  async #json(path, options) {
    return (await this.#ask(path, options)).json();
  }

  async #ask(path, options) {
    if (!this.isJob) throw new BackendFailure(404);
    let answer;
    try {
      answer = await fetch(this.base + path, options);
    } catch {
      throw new BackendFailure(0);
    }
    if (answer.ok) return answer;
    throw new BackendFailure(answer.status, await answer.text().catch(() => ""));
  }
}

/** Ask until there is an answer; `onUnavailable(true)` tells that there is none yet. */
export async function retryWhileUnavailable(ask, { signal, onUnavailable }) {
  for (let delay = 1000; ; delay = Math.min(delay * 1.5, 5000)) {
    try {
      const answer = await ask();
      onUnavailable(false);
      return answer;
    } catch (failure) {
      if (!failure.isUnavailable || signal.aborted) throw failure;
      onUnavailable(true);
      await pause(delay, signal);
    }
  }
}

export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
