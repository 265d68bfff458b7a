// The client's side of tus 1.0.0 (https://tus.io/protocols/resumable-upload): a file goes up in
// pieces, and goes on at the byte that the server names.

import { RetryPolicy, isRetryable } from "./retry_policy.js";
import { sendRequest } from "./http_request.js";

const ENDPOINT = "/backend/v1/uploads/";
const CHUNK_BYTES = 8 * 1024 ** 2;
const VERSION = { "Tus-Resumable": "1.0.0" };
const GONE = [404, 410];

/** What the server answered when there was no more use in trying. */
export class UploadRejectedError extends Error {
  constructor({ status, responseText }) {
    super(`status ${status}`);
    Object.assign(this, { status, body: responseText });
  }
}

export class TusUpload {
  #offset = 0;

  /**
   * `id`: that of an upload to go on with, or null. `onCreated` is told the id of a new one,
   * `onProgress` how many bytes have gone, `onRetry` that it waits before it tries again.
   */
  constructor(file, { id, name, onCreated, onProgress, onRetry }) {
    Object.assign(this, { file, id, name, onCreated, onProgress, onRetry });
  }

  /** Send what the server does not have yet. Throws a UploadRejectedError, or the reason of `signal`. */
  async send(signal) {
    const retryPolicy = new RetryPolicy();
    let isOffsetKnown = false;
    while (!isOffsetKnown || this.#offset < this.file.size) {
      const answer = await this.#next(isOffsetKnown, signal);
      isOffsetKnown = isOfTus(answer);
      if (isOffsetKnown) this.#moveTo(offsetIn(answer), retryPolicy);
      else await this.#recover(answer, retryPolicy, signal);
    }
  }

  #next(isOffsetKnown, signal) {
    if (this.id === null) return this.#create(signal);
    return isOffsetKnown ? this.#append(signal) : this.#look(signal);
  }

  async #create(signal) {
    const metadata = { "Upload-Metadata": `filename ${base64(this.name)}` };
    const headers = { ...VERSION, "Upload-Length": this.file.size, ...metadata };
    const answer = await sendRequest("POST", ENDPOINT, { headers, signal });
    if (isOfTus(answer)) {
      // the id alone: the bytes go to the page's own server, whatever address is named
      this.id = answer.getResponseHeader("Location").split("/").at(-1);
      this.onCreated(this.id);
    }
    return answer;
  }

  #look(signal) {
    return sendRequest("HEAD", ENDPOINT + this.id, { headers: VERSION, signal });
  }

  #append(signal) {
    const offset = this.#offset;
    const type = { "Content-Type": "application/offset+octet-stream" };
    return sendRequest("PATCH", ENDPOINT + this.id, {
      headers: { ...VERSION, "Upload-Offset": offset, ...type },
      body: this.file.slice(offset, offset + CHUNK_BYTES),
      signal,
      onSent: (sent) => this.onProgress(offset + sent),
    });
  }

  #moveTo(offset, retryPolicy) {
    // what only went out on the wire is no progress: it may never have arrived
    if (offset > this.#offset) retryPolicy.reset();
    this.#offset = offset;
    this.onProgress(offset);
  }

  async #recover(answer, retryPolicy, signal) {
    const isGone = this.id !== null && GONE.includes(answer.status);
    if (retryPolicy.isExhausted || !(isGone || isRetryable(answer.status))) throw new UploadRejectedError(answer);
    if (isGone) this.id = null;
    else this.onRetry();
    await retryPolicy.wait(answer.getResponseHeader("Retry-After"), signal);
  }
}

/** Bytes that the server has of an upload; null: it has no such upload, NaN: it did not say. */
export async function offsetOf(id) {
  const answer = await sendRequest("HEAD", ENDPOINT + id, { headers: VERSION });
  if (isOfTus(answer)) return offsetIn(answer);
  return GONE.includes(answer.status) ? null : NaN;
}

/** Have the server drop an upload. Just after a pause it can be busy with it still. */
export async function terminate(id) {
  const retryPolicy = new RetryPolicy();
  while (!retryPolicy.isExhausted) {
    const answer = await sendRequest("DELETE", ENDPOINT + id, { headers: VERSION });
    if (!isRetryable(answer.status)) return;
    await retryPolicy.wait(answer.getResponseHeader("Retry-After"));
  }
}

/** Whether it is a success, and not that of some gateway in between. */
function isOfTus(answer) {
  const isSuccess = answer.status >= 200 && answer.status < 300;
  return isSuccess && answer.getResponseHeader("Tus-Resumable") !== null;
}

/** A new upload's answer need not name one: it is 0. */
function offsetIn(answer) {
  return Number(answer.getResponseHeader("Upload-Offset"));
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
