"""Find the voices in a stretch of audio with the two networks."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from contracts.speakers import (
    SPEAKER_HOP_S,
    SPEAKER_WINDOW_S,
    SpeakerSegmentation,
    Voice,
    VoiceWindow,
)
from llm.engines.protocol import Samples
from llm.speakers.graphs import (
    CLIP_SAMPLES,
    EMBEDDING_GRAPH,
    FEATURE_GRAPH,
    SEGMENTATION_GRAPH,
)

FRAME_SAMPLES = 270
"""Samples from one frame of the segmentation network to the next."""

FIRST_FRAME_SAMPLES = 360
"""Start of the first frame's step: the middle of the 991 samples that it depends on."""

CLASS_SPEAKERS = np.array(
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.bool_
)
"""Which of the three speakers speak in each class. Source: Plaquet and Bredin, "Powerset
multi-class cross entropy loss for neural speaker diarization", 2023."""

MAX_CLIPS = 2
"""Clips of one voice in one window; more take longer and tell little more."""

MIN_ALONE_S = 0.4
"""A voice that is alone for less than this is embedded with the voices that it overlaps."""

MIN_VOICE_S = 0.2
"""Shorter speech gets no embedding: it would not identify the voice."""

Frames = NDArray[np.bool_]
"""Shape (frames, 3): which speaker speaks in each frame."""


class VoiceFinder:
    """The loaded networks; call it from one thread at a time.

    Args:
        folder: contains the graphs; see `find_or_convert`.
        threads: CPU threads.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        core = ov.Core()
        core.set_property(
            "CPU",
            {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads},
        )
        # bfloat16 rounds samples and features too coarsely, but not what follows them
        fast = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        self._segmentation = _compile(core, folder / SEGMENTATION_GRAPH, "f32")
        self._features = _compile(core, folder / FEATURE_GRAPH, "f32")
        self._embedding = _compile(core, folder / EMBEDDING_GRAPH, fast)

    def find(self, samples: Samples) -> SpeakerSegmentation:
        """Return the voices in each window of a stretch of audio."""
        started = time.perf_counter()
        starts = _window_starts(len(samples))
        window_samples = int(SPEAKER_WINDOW_S * SAMPLE_RATE)
        windows = np.zeros((len(starts), window_samples), np.float32)
        for row, start in enumerate(starts):
            part = samples[start : start + window_samples]
            windows[row, : len(part)] = part
        activity = CLASS_SPEAKERS[self._run(self._segmentation, windows).argmax(axis=2)]
        embeddings = iter(self._embed(windows, activity))
        found = [
            _voice_window(start, min(start + window_samples, len(samples)), frames, embeddings)
            for start, frames in zip(starts, activity, strict=True)
        ]
        return SpeakerSegmentation(
            duration_s=len(samples) / SAMPLE_RATE,
            windows=found,
            inference_s=round(time.perf_counter() - started, 4),
        )

    def _embed(
        self, windows: NDArray[np.float32], activity: NDArray[np.bool_]
    ) -> list[list[float] | None]:
        """Return an embedding for each voice that speaks, in the order of windows and voices."""
        clips: list[Samples] = []
        owners: list[int] = []
        n_voices = 0
        for samples, frames in zip(windows, activity, strict=True):
            for voice in np.flatnonzero(frames.any(axis=0)):
                own = list(_clips(_samples_of(samples, frames, int(voice))))
                clips += own
                owners += [n_voices] * len(own)
                n_voices += 1
        if not clips:
            return [None] * n_voices
        vectors = self._run(self._embedding, self._run(self._features, np.stack(clips)))
        sums = np.zeros((n_voices, vectors.shape[1]), np.float32)
        np.add.at(sums, owners, vectors)
        lengths = np.linalg.norm(sums, axis=1)
        return [
            [round(float(value), 5) for value in row / length] if length > 0 else None
            for row, length in zip(sums, lengths, strict=True)
        ]

    @staticmethod
    def _run(graph: ov.CompiledModel, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return graph([values])[0]


def _compile(core: ov.Core, path: Path, precision: str) -> ov.CompiledModel:
    return core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": precision})


def _window_starts(n_samples: int) -> list[int]:
    """Return where windows start, one hop apart; together they cover all samples."""
    hop, window = int(SPEAKER_HOP_S * SAMPLE_RATE), int(SPEAKER_WINDOW_S * SAMPLE_RATE)
    return list(range(0, max(n_samples - window, 0) + hop, hop))


def _samples_of(samples: Samples, frames: Frames, voice: int) -> Samples:
    """Return what a voice says in a window, alone where it is alone for long enough."""
    speaks = frames[:, voice]
    alone = speaks & (frames.sum(axis=1) == 1)
    chosen = alone if alone.sum() * FRAME_SAMPLES >= MIN_ALONE_S * SAMPLE_RATE else speaks
    parts = [samples[first:last] for first, last in _sample_runs(chosen, len(samples))]
    return np.concatenate(parts)


def _clips(samples: Samples) -> Iterator[Samples]:
    """Yield clips of equal length, spread over the samples; a short voice is repeated."""
    if len(samples) < MIN_VOICE_S * SAMPLE_RATE:
        return
    if len(samples) <= CLIP_SAMPLES:
        yield np.resize(samples, CLIP_SAMPLES)
        return
    n_clips = min(MAX_CLIPS, -(-len(samples) // CLIP_SAMPLES))
    for start in np.linspace(0, len(samples) - CLIP_SAMPLES, n_clips).astype(int):
        yield samples[start : start + CLIP_SAMPLES]


def _voice_window(
    start: int, end: int, frames: Frames, embeddings: Iterator[list[float] | None]
) -> VoiceWindow:
    voices = [
        Voice(turns=_turns(frames[:, voice], start, end), embedding=next(embeddings))
        for voice in np.flatnonzero(frames.any(axis=0))
    ]
    return VoiceWindow(
        start=start / SAMPLE_RATE,
        end=end / SAMPLE_RATE,
        voices=[voice for voice in voices if voice.turns],
    )


def _turns(speaks: NDArray[np.bool_], start: int, end: int) -> list[tuple[float, float]]:
    """Return the turns of a voice in seconds, within the audio that was sent."""
    runs = _sample_runs(speaks, end - start)
    return [
        (round((start + first) / SAMPLE_RATE, 3), round((start + last) / SAMPLE_RATE, 3))
        for first, last in runs
    ]


def _sample_runs(speaks: NDArray[np.bool_], n_samples: int) -> Iterator[tuple[int, int]]:
    """Yield samples [first, last) of the runs of frames that are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], speaks.astype(np.int8), [0]])))
    for first, last in edges.reshape(-1, 2):
        begin = FIRST_FRAME_SAMPLES + int(first) * FRAME_SAMPLES if first else 0
        end = FIRST_FRAME_SAMPLES + int(last) * FRAME_SAMPLES
        end = n_samples if last == len(speaks) else min(end, n_samples)
        if begin < end:
            yield begin, end
