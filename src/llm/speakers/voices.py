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
    VoiceSpan,
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

MIN_ALONE_S = 0.4
"""A turn that is alone for less than this is embedded with the voices that it overlaps."""

MIN_TURN_S = 0.2
"""Shorter turns get no embedding: it would not identify the voice."""

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
        """Return an embedding for each turn, in the order of windows, voices and turns."""
        clips = [
            _clip(_spoken(samples, frames, voice, run))
            for samples, frames in zip(windows, activity, strict=True)
            for voice in _speaking(frames)
            for run in _runs(frames[:, voice])
        ]
        identifying = [clip for clip in clips if clip is not None]
        if not identifying:
            return [None] * len(clips)
        vectors = iter(self._run(self._embedding, self._run(self._features, np.stack(identifying))))
        return [
            None if clip is None else [round(float(value), 5) for value in next(vectors)]
            for clip in clips
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


def _speaking(frames: Frames) -> list[int]:
    """Return the voices that speak in a window."""
    return [int(voice) for voice in np.flatnonzero(frames.any(axis=0))]


def _runs(speaks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs [first, last) of frames that are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], speaks.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _sample_range(run: tuple[int, int], n_frames: int, n_samples: int) -> tuple[int, int]:
    """Return the samples [begin, end) of a run of frames; the outermost reach to the edges."""
    first, last = run
    begin = FIRST_FRAME_SAMPLES + first * FRAME_SAMPLES if first else 0
    end = n_samples if last == n_frames else FIRST_FRAME_SAMPLES + last * FRAME_SAMPLES
    return begin, min(end, n_samples)


def _spoken(samples: Samples, frames: Frames, voice: int, run: tuple[int, int]) -> Samples:
    """Return what a voice says in a turn, alone where it is alone for long enough."""
    speaks = np.zeros(len(frames), np.bool_)
    speaks[slice(*run)] = frames[slice(*run), voice]
    alone = speaks & (frames.sum(axis=1) == 1)
    chosen = alone if alone.sum() * FRAME_SAMPLES >= MIN_ALONE_S * SAMPLE_RATE else speaks
    return np.concatenate(
        [samples[slice(*_sample_range(part, len(frames), len(samples)))] for part in _runs(chosen)]
    )


def _clip(samples: Samples) -> Samples | None:
    """Return the middle of a turn as a clip of fixed length; repeat a short turn."""
    if len(samples) < MIN_TURN_S * SAMPLE_RATE:
        return None
    start = max(len(samples) - CLIP_SAMPLES, 0) // 2
    return np.resize(samples[start : start + CLIP_SAMPLES], CLIP_SAMPLES)


def _voice_window(
    start: int, end: int, frames: Frames, embeddings: Iterator[list[float] | None]
) -> VoiceWindow:
    voices = [
        Voice(turns=list(_turns(frames[:, voice], start, end, embeddings)))
        for voice in _speaking(frames)
    ]
    return VoiceWindow(
        start=start / SAMPLE_RATE,
        end=end / SAMPLE_RATE,
        voices=[voice for voice in voices if voice.turns],
    )


def _turns(
    speaks: NDArray[np.bool_], start: int, end: int, embeddings: Iterator[list[float] | None]
) -> Iterator[VoiceSpan]:
    """Yield the turns of a voice within the audio that was sent."""
    for run in _runs(speaks):
        embedding = next(embeddings)
        first, last = _sample_range(run, len(speaks), end - start)
        if first < last:
            yield VoiceSpan(
                start=round((start + first) / SAMPLE_RATE, 3),
                end=round((start + last) / SAMPLE_RATE, 3),
                embedding=embedding,
            )
