// When to try again after a failure, and when it has been enough.

const DELAYS_MS = [500, 1000, 2000, 5000, 10_000];
const MAX_ATTEMPTS = 15; // about two minutes
const MAX_WAIT_MS = 5 * 60_000;
const PASSING = [0, 409, 423, 429];
const DISK_FULL = 507;

/** Whether the same request may do better later; 0 is a broken connection. */
export function isRetryable(status) {
  return PASSING.includes(status) || (status >= 500 && status !== DISK_FULL);
}

export class RetryPolicy {
  #attempts = 0;

  get isExhausted() {
    return this.#attempts >= MAX_ATTEMPTS;
  }

  /** There was some progress. */
  reset() {
    this.#attempts = 0;
  }

  /** `retryAfter`: the header of that name, or null. Throws the reason of `signal`. */
  wait(retryAfter, signal = null) {
    const delay = DELAYS_MS[this.#attempts] ?? DELAYS_MS.at(-1);
    this.#attempts += 1;
    return sleep(Math.min(MAX_WAIT_MS, Math.max(delay, milliseconds(retryAfter))), signal);
  }
}

/** The header is a number of seconds or a date. */
function milliseconds(retryAfter) {
  return Number(retryAfter) * 1000 || Date.parse(retryAfter) - Date.now() || 0;
}

function sleep(duration, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, duration);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
