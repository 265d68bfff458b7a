// The reader's own history of corrections: what was typed, replaced, taken back.

/** Typing in one phrase without a longer pause is undone at once. */
const PAUSE_MS = 1000;

/** The most steps that are kept. */
const LIMIT = 500;

/** One step is a list of {position, before, after}. Event: `changed`. */
export class UndoHistory extends EventTarget {
  #done = [];
  #undone = [];

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  record(step, { typing = false, now = performance.now() } = {}) {
    this.#undone = [];
    const last = this.#done.at(-1);
    const [change] = step;
    const goesOn = typing && last?.typedAt > now - PAUSE_MS && last.step[0].position === change.position;
    if (goesOn) {
      last.step[0].after = change.after;
      last.typedAt = now;
    } else {
      this.#done.push({ step, typedAt: typing ? now : -Infinity });
      if (this.#done.length > LIMIT) this.#done.shift();
    }
    this.#notify();
  }

  /** Return the texts to go back to, as [position, text] pairs; none if there is no step. */
  undo() {
    return this.#move(this.#done, this.#undone, "before");
  }

  redo() {
    return this.#move(this.#undone, this.#done, "after");
  }

  #move(from, to, side) {
    const moved = from.pop();
    if (!moved) return [];
    moved.typedAt = -Infinity;
    to.push(moved);
    this.#notify();
    return moved.step.map((change) => [change.position, change[side]]);
  }

  #notify() {
    this.dispatchEvent(new Event("changed"));
  }
}
