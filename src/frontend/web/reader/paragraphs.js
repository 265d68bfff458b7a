// Where a paragraph begins: the rule of `contracts/paragraphs.py`, which the exports use.

const PARAGRAPH_PAUSE_S = 2;
const SENTENCE_PAUSE_S = 0.5;
const MIN_CHARS = 300;
const MAX_CHARS = 600;
const LIMIT_CHARS = 900;
const ENDS_SENTENCE = /[.!?…。！？]['"»”’)\]]*$/;

/** Decides for each segment of a transcript, in order, whether it begins a paragraph. */
export class ParagraphRule {
  #chars = 0;
  #lastText = "";
  #lastEnd = 0;
  #lastSpeaker = null;

  /** Return whether the next segment begins a paragraph, and count it in. */
  begins({ text, start, end, speaker = null }) {
    if (!text) return false;
    const chars = [...text].length;
    const isSame = this.#lastText && speaker === this.#lastSpeaker;
    const isNew = !isSame || this.#ends(chars, start - this.#lastEnd);
    this.#chars = chars + (isNew ? 0 : this.#chars);
    [this.#lastText, this.#lastEnd, this.#lastSpeaker] = [text, end, speaker];
    return isNew;
  }

  #ends(nextChars, pauseS) {
    if (pauseS >= PARAGRAPH_PAUSE_S || this.#chars >= LIMIT_CHARS) return true;
    const isPause = pauseS >= SENTENCE_PAUSE_S;
    if (!ENDS_SENTENCE.test(this.#lastText)) return isPause && this.#chars >= MAX_CHARS;
    const isFull = isPause || this.#chars + nextChars > MAX_CHARS;
    return isFull && this.#chars >= MIN_CHARS;
  }
}
