// The history of corrections, for undo and redo.

/** Typing in one segment without a longer pause is one step. */
const PAUSE_MS = 1000;

const MAX_STEPS = 500;

/** One step is a list of {position, field, before, after}. Event: `changed`. */
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
    const isSamePosition = last?.step[0].position === change.position;
    if (typing && isSamePosition && last.typedAt > now - PAUSE_MS) {
      last.step[0].after = change.after;
      last.typedAt = now;
    } else {
      this.#done.push({ step, typedAt: typing ? now : -Infinity });
      if (this.#done.length > MAX_STEPS) this.#done.shift();
    }
    this.#notify();
  }

  /** Return what to restore, as a list of {position, field, value}; empty without a step. */
  undo() {
    return this.#move(this.#done, this.#undone, "before");
  }

  redo() {
    return this.#move(this.#undone, this.#done, "after");
  }

  /** Forget all steps: the positions in them are no longer those of the segments. */
  clear() {
    this.#done = [];
    this.#undone = [];
    this.#notify();
  }

  #move(from, to, side) {
    const moved = from.pop();
    if (!moved) return [];
    moved.typedAt = -Infinity;
    to.push(moved);
    this.#notify();
    return moved.step.map((change) => ({
      position: change.position,
      field: change.field,
      value: change[side],
    }));
  }

  #notify() {
    this.dispatchEvent(new Event("changed"));
  }
}
