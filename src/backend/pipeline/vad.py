"""Finds where there is speech, with the Silero VAD.

Source: silero-vad 6.2, its ONNX graph for sequences of frames at 16 kHz: the LSTM runs
inside the graph, so a block of frames is one call and gives the very probabilities that
frame-by-frame calls give.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.resample import Samples
from contracts.audio import SAMPLE_RATE

FRAME_SAMPLES = 512
"""32 ms: the step of the model at 16 kHz."""

_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)
_FRAMES_AT_ONCE = 1024

SPEECH_ABOVE = 0.5
"""Probability at which speech begins. Source: the model's recommended threshold."""

SILENCE_BELOW = 0.35
"""Probability at which speech ends. Source: recommended as 0.15 under the threshold."""

MIN_SPEECH_S = 0.1
"""Shorter bursts are clicks; a short «да» lasts longer."""

MIN_PAUSE_S = 0.2
"""Shorter pauses are the closures of stop consonants, not places to cut."""

VAD_PEAK = 0.7
"""Amplitude to which a quiet recording is brought for the model alone."""

MAX_VAD_GAIN = 100.0
"""At most 40 dB, so that the hiss of a silent recording is not made loud."""


@dataclass(frozen=True, order=True)
class SpeechSpan:
    """Speech from sample `start` up to, not including, sample `end`."""

    start: int
    end: int


class SpeechDetector:
    """The model in memory; it holds no state between recordings and may be shared by threads."""

    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(
            _model_path(), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def find_speech(self, recording: PcmRecording) -> list[SpeechSpan]:
        """Return the spans of speech in a recording, in order and apart from each other."""
        gain = min(VAD_PEAK / max(recording.peak, 1e-9), MAX_VAD_GAIN) if recording.peak else 1.0
        blocks = recording.blocks(_FRAMES_AT_ONCE * FRAME_SAMPLES)
        probabilities = self.speech_probabilities(block * np.float32(gain) for block in blocks)
        return spans_from_probabilities(probabilities, recording.n_samples)

    def speech_probabilities(self, blocks: Iterable[Samples]) -> npt.NDArray[np.float32]:
        """Return the probability of speech in each frame of 32 ms.

        Args:
            blocks: whole frames each, but for the last block.

        Returns:
            Shape (n_frames,); a last frame that is not full is padded with silence.
        """
        hidden, cell = np.zeros(_STATE_SHAPE, np.float32), np.zeros(_STATE_SHAPE, np.float32)
        found: list[npt.NDArray[np.float32]] = []
        for frames in _frames_with_context(blocks):
            inputs = {"input": frames, "h": hidden, "c": cell}
            values, hidden, cell = self._session.run(["speech_probs", "hn", "cn"], inputs)
            found.append(np.asarray(values).reshape(-1))
        return np.concatenate(found) if found else np.zeros(0, np.float32)


def _model_path() -> str:
    package = find_spec("silero_vad")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0])
    return str(folder / "data" / "silero_vad_16k_sequence.onnx")


def _frames_with_context(blocks: Iterable[Samples]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield arrays of shape (n_frames, 64 + 512): each frame after the end of the one before."""
    context = np.zeros(_CONTEXT_SAMPLES, np.float32)
    for block in blocks:
        n_frames = -(-block.size // FRAME_SAMPLES)
        frames = np.zeros((n_frames, FRAME_SAMPLES), np.float32)
        frames.reshape(-1)[: block.size] = block
        before = np.vstack([context, frames[:-1, -_CONTEXT_SAMPLES:]])
        context = frames[-1, -_CONTEXT_SAMPLES:]
        yield np.hstack([before, frames])


def spans_from_probabilities(
    probabilities: npt.NDArray[np.float32], n_samples: int
) -> list[SpeechSpan]:
    """Turn the frames' probabilities into spans, with hysteresis.

    Args:
        probabilities: shape (n_frames,), one value for each 32 ms.
        n_samples: the recording's length; no span reaches past it.
    """
    min_speech = int(MIN_SPEECH_S * SAMPLE_RATE)
    min_pause = int(MIN_PAUSE_S * SAMPLE_RATE)
    spans: list[SpeechSpan] = []
    for first, last in _runs_of_speech(probabilities):
        start, end = first * FRAME_SAMPLES, min(last * FRAME_SAMPLES, n_samples)
        if spans and start - spans[-1].end < min_pause:
            spans[-1] = SpeechSpan(spans[-1].start, end)
        else:
            spans.append(SpeechSpan(start, end))
    return [span for span in spans if span.end - span.start >= min_speech]


def _runs_of_speech(probabilities: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Yield [first, last) frames: from above the upper threshold to below the lower one."""
    start: int | None = None
    for index, probability in enumerate(probabilities.tolist()):
        if start is None and probability >= SPEECH_ABOVE:
            start = index
        elif start is not None and probability < SILENCE_BELOW:
            yield start, index
            start = None
    if start is not None:
        yield start, probabilities.size
