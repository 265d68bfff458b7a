"""Detects speech with the Silero VAD."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.resample import Samples
from backend.pipeline.silero import CONTEXT_SAMPLES, STEP_SAMPLES, SileroNetwork, State
from backend.pipeline.spans import SpeechSpan, joined_spans
from contracts.audio import SAMPLE_RATE

_STEPS_PER_BLOCK = 1024

SPEECH_ABOVE = 0.5
"""Probability at which speech begins. Source: the model's recommended threshold."""

SILENCE_BELOW = 0.35
"""Probability below which speech ends. Source: recommended as 0.15 below the threshold."""

MIN_SPEECH_S = 0.1
"""Shorter bursts are clicks; a short «да» lasts longer."""

MIN_PAUSE_S = 0.2
"""Shorter pauses are the closures of stop consonants, not places to cut."""

VAD_PEAK = 0.7
"""Amplitude to which quiet recordings are amplified, for the detector only."""

MAX_VAD_GAIN = 100.0
"""40 dB: a higher gain would amplify the noise of a silent recording."""


class SpeechDetector:
    """The loaded VAD model; without state between calls, safe to share between threads."""

    def __init__(self) -> None:
        self._network = SileroNetwork()

    def find_speech(self, recording: PcmRecording) -> list[SpeechSpan]:
        """Return the speech spans of a recording, in order and not overlapping."""
        if not recording.peak:
            return []
        gain = min(VAD_PEAK / recording.peak, MAX_VAD_GAIN)
        blocks = recording.blocks(_STEPS_PER_BLOCK * STEP_SAMPLES)
        probabilities = self.speech_probabilities(block * np.float32(gain) for block in blocks)
        return spans_from_probabilities(probabilities, recording.n_samples)

    def speech_probabilities(self, blocks: Iterable[Samples]) -> npt.NDArray[np.float32]:
        """Return the probability of speech for each step of 32 ms.

        Args:
            blocks: consecutive blocks of whole steps; only the last one may end in a partial step.

        Returns:
            Shape (n_steps,), float32; a partial last step is padded with silence.
        """
        state = State.initial()
        probabilities: list[npt.NDArray[np.float32]] = []
        for steps in _steps_with_context(blocks):
            values, state = self._network.probabilities(steps, state)
            probabilities.append(values)
        return np.concatenate(probabilities) if probabilities else np.zeros(0, np.float32)


def _steps_with_context(blocks: Iterable[Samples]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield arrays of shape (n_steps, 64 + 512): each step preceded by the previous one's end."""
    context = np.zeros(CONTEXT_SAMPLES, np.float32)
    for block in blocks:
        n_steps = -(-block.size // STEP_SAMPLES)
        steps = np.zeros((n_steps, STEP_SAMPLES), np.float32)
        steps.reshape(-1)[: block.size] = block
        previous = np.vstack([context, steps[:-1, -CONTEXT_SAMPLES:]])
        context = steps[-1, -CONTEXT_SAMPLES:]
        yield np.hstack([previous, steps])


def spans_from_probabilities(
    probabilities: npt.NDArray[np.float32], n_samples: int
) -> list[SpeechSpan]:
    """Return the speech spans for the probabilities of speech, with hysteresis.

    Args:
        probabilities: shape (n_steps,), one for each 32 ms.
        n_samples: the recording's length; no span exceeds it.
    """
    min_speech = int(MIN_SPEECH_S * SAMPLE_RATE)
    min_pause = int(MIN_PAUSE_S * SAMPLE_RATE)
    runs = (
        SpeechSpan(first * STEP_SAMPLES, min(last * STEP_SAMPLES, n_samples))
        for first, last in _speech_runs(probabilities)
    )
    spans = joined_spans(runs, min_pause)
    return [span for span in spans if span.end - span.start >= min_speech]


def _speech_runs(probabilities: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Yield steps [first, last) from the upper threshold to the drop below the lower one."""
    start: int | None = None
    for index, probability in enumerate(probabilities.tolist()):
        if start is None and probability >= SPEECH_ABOVE:
            start = index
        elif start is not None and probability < SILENCE_BELOW:
            yield start, index
            start = None
    if start is not None:
        yield start, probabilities.size
