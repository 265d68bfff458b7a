// The share of a job that is done by now, between two reports.

const MAX_SHARE = 0.99;

/** Moves from one report to the next so that the end comes when the estimate says. */
export class ProgressEstimate {
  #share = 0;
  #etaS = null;
  #at = 0;

  /** `now`: returns the time in milliseconds. */
  constructor(now = () => performance.now()) {
    this.now = now;
  }

  /** Take a report: the share that is transcribed, and the seconds left, null if unknown. */
  report(share, etaS) {
    this.#share = Math.max(share, this.share());
    this.#etaS = etaS;
    this.#at = this.now();
  }

  /** Return the share by now; it never decreases, and only a report completes it. */
  share() {
    if (!this.#etaS || this.#share >= MAX_SHARE) return this.#share;
    const passed = Math.min((this.now() - this.#at) / 1000 / this.#etaS, 1);
    return Math.min(this.#share + (1 - this.#share) * passed, MAX_SHARE);
  }
}
