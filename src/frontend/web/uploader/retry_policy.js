// Decides whether and when to repeat a failed request.

const DELAYS_MS = [500, 1000, 2000, 5000, 10_000];
const MAX_ATTEMPTS = 15; // about two minutes
const MAX_DELAY_MS = 5 * 60_000;
const RETRYABLE = [0, 408, 409, 423, 429, 460]; // 460: damaged on its way
const DISK_FULL = 507;

/** Return whether the same request may succeed later; status 0 is a broken connection. */
export function isRetryable(status) {
  return RETRYABLE.includes(status) || (status >= 500 && status !== DISK_FULL);
}

export class RetryPolicy {
  #attempts = 0;

  get isExhausted() {
    return this.#attempts >= MAX_ATTEMPTS;
  }

  /** Start again with the shortest delay: the upload has progressed. */
  reset() {
    this.#attempts = 0;
  }

  /**
   * Wait before the next attempt. `retryAfter` is the header of that name, or null. Rejects with
   * the reason of `signal`.
   */
  wait(retryAfter, signal = null) {
    const delay = DELAYS_MS[this.#attempts] ?? DELAYS_MS.at(-1);
    this.#attempts += 1;
    return sleep(Math.min(MAX_DELAY_MS, Math.max(delay, milliseconds(retryAfter))), signal);
  }
}

/** Parse the header: a number of seconds or a date. */
function milliseconds(retryAfter) {
  return Number(retryAfter) * 1000 || Date.parse(retryAfter) - Date.now() || 0;
}

function sleep(duration, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, duration);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
