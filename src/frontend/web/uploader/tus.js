// A client of tus 1.0.0 (https://tus.io/protocols/resumable-upload): sends a file in pieces and
// continues at the offset that the server names.

import { sendRequest } from "./http_request.js";
import { RetryPolicy, isRetryable } from "./retry_policy.js";

const ENDPOINT = "/backend/v1/uploads/";
const MIN_PIECE_BYTES = 512 * 1024;
const MAX_PIECE_BYTES = 4 * 1024 ** 2;
const PIECE_S = 1; // the server discards a piece that breaks off: so much is sent again
const VERSION = { "Tus-Resumable": "1.0.0" };
const GONE = [404, 410];

/** The server rejected the upload, or did not respond for too long. */
export class UploadRejectedError extends Error {
  constructor({ status, responseText }) {
    super(`status ${status}`);
    Object.assign(this, { status, body: responseText });
  }
}

export class TusUpload {
  #offset = 0;
  #pieceBytes = MIN_PIECE_BYTES;
  #headers = { ...VERSION, traceparent: newTraceparent() };

  /**
   * `id`: an upload to continue, or null for a new one. Callbacks: `onCreated(id)`,
   * `onProgress(sentBytes)`, and `onRetry()` before it waits to try again.
   */
  constructor({ file, id, name, onCreated, onProgress, onRetry }) {
    Object.assign(this, { file, id, name, onCreated, onProgress, onRetry });
  }

  /** Send what the server lacks. Throws an UploadRejectedError or the reason of `signal`. */
  async send(signal) {
    const retryPolicy = new RetryPolicy();
    let isOffsetKnown = false;
    while (!isOffsetKnown || this.#offset < this.file.size) {
      const response = await this.#sendNext(isOffsetKnown, signal);
      isOffsetKnown = isTusSuccess(response);
      if (isOffsetKnown) this.#moveTo(offsetIn(response), retryPolicy);
      else await this.#recover(response, retryPolicy, signal);
    }
  }

  #sendNext(isOffsetKnown, signal) {
    if (this.id === null) return this.#create(signal);
    return isOffsetKnown ? this.#append(signal) : this.#requestOffset(signal);
  }

  async #create(signal) {
    const metadata = { "Upload-Metadata": `filename ${base64(this.name)}` };
    const headers = { ...this.#headers, "Upload-Length": this.file.size, ...metadata };
    const response = await sendRequest("POST", ENDPOINT, { headers, signal });
    if (isTusSuccess(response)) {
      // take only the id: the bytes must go to the page's own server
      this.id = response.getResponseHeader("Location").split("/").at(-1);
      this.onCreated(this.id);
    }
    return response;
  }

  #requestOffset(signal) {
    return sendRequest("HEAD", ENDPOINT + this.id, { headers: this.#headers, signal });
  }

  async #append(signal) {
    const offset = this.#offset;
    const body = this.file.slice(offset, offset + this.#pieceBytes);
    const type = { "Content-Type": "application/offset+octet-stream" };
    const checksum = await checksumHeader(body);
    const startedAt = performance.now();
    const response = await sendRequest("PATCH", ENDPOINT + this.id, {
      headers: { ...this.#headers, "Upload-Offset": offset, ...type, ...checksum },
      body,
      signal,
      onSent: (sentBytes) => this.onProgress(offset + sentBytes),
    });
    const duration = performance.now() - startedAt;
    this.#pieceBytes = isTusSuccess(response) ? nextPiece(body.size, duration) : MIN_PIECE_BYTES;
    return response;
  }

  #moveTo(offset, retryPolicy) {
    // only what the server confirms is progress: bytes sent may never have arrived
    if (offset > this.#offset) retryPolicy.reset();
    this.#offset = offset;
    this.onProgress(offset);
  }

  async #recover(response, retryPolicy, signal) {
    const isGone = this.id !== null && GONE.includes(response.status);
    if (retryPolicy.isExhausted || !(isGone || isRetryable(response.status))) {
      throw new UploadRejectedError(response);
    }
    if (isGone) this.id = null;
    else this.onRetry();
    await retryPolicy.wait(response.getResponseHeader("Retry-After"), signal);
  }
}

/** Return how many bytes of an upload have arrived; null if it is gone, NaN if unknown. */
export async function offsetOf(id) {
  const response = await sendRequest("HEAD", ENDPOINT + id, { headers: VERSION });
  if (isTusSuccess(response)) return offsetIn(response);
  return GONE.includes(response.status) ? null : NaN;
}

/** Delete an upload on the server, which may still be busy with it just after a pause. */
export async function terminate(id) {
  const retryPolicy = new RetryPolicy();
  while (!retryPolicy.isExhausted) {
    const response = await sendRequest("DELETE", ENDPOINT + id, { headers: VERSION });
    if (!isRetryable(response.status)) return;
    await retryPolicy.wait(response.getResponseHeader("Retry-After"));
  }
}

/** Return whether the tus server itself, and no gateway on the way, reports success. */
function isTusSuccess(response) {
  const isSuccess = response.status >= 200 && response.status < 300;
  return isSuccess && response.getResponseHeader("Tus-Resumable") !== null;
}

/** Return the offset in a response; a new upload's response names none, and it is 0. */
function offsetIn(response) {
  return Number(response.getResponseHeader("Upload-Offset"));
}

/** Return the size of the piece after one of `bytes` that took `milliseconds`. */
function nextPiece(bytes, milliseconds) {
  const wanted = Math.floor((bytes / milliseconds) * 1000 * PIECE_S);
  return Math.min(MAX_PIECE_BYTES, Math.max(MIN_PIECE_BYTES, wanted));
}

/** Return a header that makes the requests of an upload one trace (W3C Trace Context). */
function newTraceparent() {
  return `00-${randomHex(16)}-${randomHex(8)}-01`;
}

function randomHex(nBytes) {
  const bytes = crypto.getRandomValues(new Uint8Array(nBytes));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return the header with a piece's checksum; none where the page is served without TLS. */
async function checksumHeader(piece) {
  if (!globalThis.crypto?.subtle) return {};
  try {
    const digest = await crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
    return { "Upload-Checksum": `sha256 ${base64Of(new Uint8Array(digest))}` };
  } catch {
    return {}; // the file cannot be read, as the request will find, too
  }
}

function base64(text) {
  return base64Of(new TextEncoder().encode(text));
}

function base64Of(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
