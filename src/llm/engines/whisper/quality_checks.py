"""Checks that detect wrong and made-up texts."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from contracts.thresholds import MAX_COMPRESSION_RATIO, MAX_NO_SPEECH_PROB, MIN_AVG_LOGPROB
from contracts.transcription import QualityIssue, Word
from llm.engines.compression import compression_ratio
from llm.engines.protocol import Samples
from llm.engines.whisper.scripts import has_foreign_script
from llm.engines.whisper.search import Hypothesis

MAX_TOKENS_PER_S = 16.0
"""Russian read aloud has 5 to 8 tokens of whisper-base's vocabulary per second."""

_MIN_TOKENS_COUNTED = 30
"""With fewer tokens, in a very short chunk, the rate is not meaningful."""

_NGRAM_WORDS = 3
_MAX_NGRAM_REPEATS = 3
"""Twenty seconds of speech repeat a phrase of three words at most three times."""

_LOOP_REPEATS = 3
_LOOP_SHARE = 0.5

MIN_SKIPPED_S = 3.0
"""Shortest gap between words to check, in seconds. Pauses are cut to 2 seconds before."""

_SKIPPED_BELOW_SPEECH_DB = 12.0
"""Sound that is at most this far below the chunk's louder parts may be speech."""

_SKIPPED_SHARE = 0.5
_LEVEL_FRAME_S = 0.1

SILENT_PEAK = 4 / 32768
"""Two bits contain no speech, yet in silence the model confidently writes the credits of film
subtitles."""

_SILENCE_PHRASES = re.compile(
    r"(продолжение следует|смотрите продолжение в следующей (серии|части)"
    r"|субтитры (сделал|делал|создавал|создал|подогнал|и перевод)\b.*|редактор субтитров\b.*"
    r"|(спасибо|благодарю) за (просмотр|внимание)|подписывайтесь на( наш| мой)? канал"
    r"|ставьте лайки\b.*|до новых встреч|thanks? (you )?for watching|subtitles by\b.*)"
)
"""Endings of film subtitles, which the model learnt to write in silence."""


def find_quality_issues(
    text: str,
    hypothesis: Hypothesis,
    words: Sequence[Word],
    samples: Samples,
    language: str,
) -> list[QualityIssue]:
    """Return the signs that a text is wrong.

    Args:
        text: of the whole chunk.
        hypothesis: its tokens and their log-probability.
        words: of the text, with their times.
        samples: the chunk.
        language: of the text.
    """
    n_tokens = len(hypothesis.tokens)
    signs = {
        QualityIssue.REPETITION: compression_ratio(text) > MAX_COMPRESSION_RATIO or _repeats(text),
        QualityIssue.TOO_MANY_TOKENS: n_tokens > _MIN_TOKENS_COUNTED
        and n_tokens > MAX_TOKENS_PER_S * len(samples) / SAMPLE_RATE,
        QualityIssue.LOW_LOGPROB: hypothesis.avg_logprob < MIN_AVG_LOGPROB,
        QualityIssue.SKIPPED_SPEECH: _skips_speech(words, samples),
        QualityIssue.FOREIGN_SCRIPT: has_foreign_script(text, language),
    }
    return [issue for issue, found in signs.items() if found]


def is_silence(no_speech_prob: float, avg_logprob: float, text: str, samples: Samples) -> bool:
    """Whether a text was made up in silence.

    True if the signal itself is silent. Also true if the model detected no speech, and its text is
    improbable or a phrase that it is known to write in silence. In speech the same phrase is kept.
    """
    if samples.size == 0 or float(np.abs(samples).max()) <= SILENT_PEAK:
        return True
    no_speech = no_speech_prob > MAX_NO_SPEECH_PROB
    return no_speech and (avg_logprob < MIN_AVG_LOGPROB or is_silence_phrase(text))


def is_silence_phrase(text: str) -> bool:
    """Whether a text consists only of phrases known from silence."""
    # The dot after an initial does not end a sentence.
    sentences = [_normalised(part) for part in re.split(r"(?<!\b\w)[.!?…]+", text)]
    phrases = [sentence for sentence in sentences if sentence]
    return bool(phrases) and all(_SILENCE_PHRASES.fullmatch(phrase) for phrase in phrases)


def is_loop(text: str) -> bool:
    """Whether most of a text is one phrase, repeated at least three times in a row.

    A menu says "press" again and again, but with other words in between.
    """
    letters = _normalised(text).replace(" ", "")
    codes = np.frombuffer(letters.encode("utf-32-le"), np.uint32)
    return any(
        _longest_run(codes[period:] == codes[:-period]) + period
        >= max(_LOOP_REPEATS * period, _LOOP_SHARE * len(codes))
        for period in range(1, len(codes) // _LOOP_REPEATS + 1)
    )


def _longest_run(equal: NDArray[np.bool_]) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(~np.concatenate([[False], equal, [False]]))
    return int(np.diff(edges).max()) - 1


def _normalised(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower().replace("ё", "е")))


def _repeats(text: str) -> bool:
    words = _normalised(text).split()
    phrases = Counter(zip(*(words[n:] for n in range(_NGRAM_WORDS)), strict=False))
    return max(phrases.values(), default=0) > _MAX_NGRAM_REPEATS


def _skips_speech(words: Sequence[Word], samples: Samples) -> bool:
    """Whether a gap between words is about as loud as the chunk's speech."""
    duration_s = len(samples) / SAMPLE_RATE
    edges = [0.0, *(edge for word in words for edge in (word.start, word.end)), duration_s]
    gaps = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= MIN_SKIPPED_S]
    if not gaps or not words:
        return False
    levels = _levels_db(samples)
    loud = float(np.percentile(levels, 75)) - _SKIPPED_BELOW_SPEECH_DB
    return any(np.mean(_within(levels, *gap) > loud) > _SKIPPED_SHARE for gap in gaps)


def _levels_db(samples: Samples) -> Samples:
    """Return the level of each tenth of a second in dBFS, shape (n_frames,)."""
    length = int(_LEVEL_FRAME_S * SAMPLE_RATE)
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    return 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)


def _within(levels: Samples, start_s: float, end_s: float) -> Samples:
    return levels[round(start_s / _LEVEL_FRAME_S) : round(end_s / _LEVEL_FRAME_S)]
