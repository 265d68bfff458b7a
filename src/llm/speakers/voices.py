"""Find the voices in a stretch of audio with the two networks."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from contracts.speakers import MAX_VOICE_TURN_S, SpeakerSegmentation, VoiceSpan
from llm.engines.openvino.compilation import has_bf16, new_core
from llm.engines.protocol import Samples
from llm.speakers.graphs import (
    CLIP_SAMPLES,
    EMBEDDING_GRAPH,
    FEATURE_GRAPH,
    SEGMENTATION_GRAPH,
    WINDOW_SAMPLES,
)
from llm.speakers.tracks import join_windows

FRAME_SAMPLES = 270
"""Samples from one frame of the segmentation network to the next."""

FIRST_FRAME_SAMPLES = 360
"""Start of the first frame's step: the middle of the 991 samples that it depends on."""

HOP_FRAMES = 297
"""Frames from one window to the next, about 5 s: five windows cover 30 s, eleven cover a minute."""

CLASS_SPEAKERS = np.array(
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32
)
"""Which of the three speakers speak in each class. Source: Plaquet and Bredin, "Powerset
multi-class cross entropy loss for neural speaker diarization", 2023."""

MIN_ALONE_S = 0.4
"""A turn that is alone for less than this is embedded with the voices that it overlaps."""

MIN_TURN_S = 0.2
"""Shorter turns get no embedding: it would not identify the voice."""

_MAX_TURN_FRAMES = int(MAX_VOICE_TURN_S * SAMPLE_RATE / FRAME_SAMPLES)

Frames = NDArray[np.bool_]
"""Shape (frames, 3): which voice speaks in each frame."""

Run = tuple[int, int]
"""The frames [first, last) of a turn."""


class VoiceFinder:
    """The loaded networks; call it from one thread at a time.

    Args:
        folder: contains the graphs; see `find_or_convert`.
        threads: CPU threads.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        core = new_core(threads)
        fast = "bf16" if has_bf16(core) else "f32"
        self._segmentation = _compile(core, folder / SEGMENTATION_GRAPH, fast)
        # bfloat16 rounds the samples too coarsely for power spectra
        self._features = _compile(core, folder / FEATURE_GRAPH, "f32")
        self._embedding = _compile(core, folder / EMBEDDING_GRAPH, fast)

    def find(self, samples: Samples) -> SpeakerSegmentation:
        """Return the turns of the voices in a stretch of audio."""
        started = time.perf_counter()
        active = self._activity(samples)
        found = [
            (run, voice) for voice in range(active.shape[1]) for run in _turns(active[:, voice])
        ]
        found.sort()
        embeddings = self._embed([_spoken(samples, active, voice, run) for run, voice in found])
        turns = [
            VoiceSpan(
                start=round(begin / SAMPLE_RATE, 3),
                end=round(end / SAMPLE_RATE, 3),
                voice=voice,
                embedding=embedding,
            )
            for (run, voice), embedding in zip(found, embeddings, strict=True)
            for begin, end in [_sample_range(run, len(active), len(samples))]
            if begin < end
        ]
        return SpeakerSegmentation(
            duration_s=len(samples) / SAMPLE_RATE,
            turns=turns,
            inference_s=round(time.perf_counter() - started, 4),
        )

    def _activity(self, samples: Samples) -> Frames:
        """Return which voice speaks in each frame of the audio."""
        hop = HOP_FRAMES * FRAME_SAMPLES
        starts = range(0, max(len(samples) - WINDOW_SAMPLES, 0) + hop, hop)
        windows = np.zeros((len(starts), WINDOW_SAMPLES), np.float32)
        for row, start in enumerate(starts):
            part = samples[start : start + WINDOW_SAMPLES]
            windows[row, : len(part)] = part
        logits = self._run(self._segmentation, windows)
        classes = np.exp(logits - logits.max(axis=2, keepdims=True))
        classes /= classes.sum(axis=2, keepdims=True)
        return join_windows(classes @ CLASS_SPEAKERS, HOP_FRAMES) > 0.5

    def _embed(self, turns: list[Samples]) -> list[list[float] | None]:
        """Return the embedding of each turn; None: it is too short."""
        long_enough = [len(turn) >= MIN_TURN_S * SAMPLE_RATE for turn in turns]
        clips = [_clip(turn) for turn, is_long in zip(turns, long_enough, strict=True) if is_long]
        if not clips:
            return [None] * len(turns)
        vectors = iter(self._run(self._embedding, self._run(self._features, np.stack(clips))))
        return [
            [round(float(value), 5) for value in next(vectors)] if is_long else None
            for is_long in long_enough
        ]

    @staticmethod
    def _run(graph: ov.CompiledModel, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return graph([values])[0]


def _compile(core: ov.Core, path: Path, precision: str) -> ov.CompiledModel:
    return core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": precision})


def _turns(speaks: NDArray[np.bool_]) -> list[Run]:
    """Return the runs of frames that are set; divide long ones evenly."""
    turns: list[Run] = []
    for first, last in _runs(speaks):
        n_parts = -(-(last - first) // _MAX_TURN_FRAMES)
        borders = np.linspace(first, last, n_parts + 1).round().astype(int).tolist()
        turns += pairwise(borders)
    return turns


def _runs(speaks: NDArray[np.bool_]) -> list[Run]:
    """Return the runs of frames that are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], speaks.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _sample_range(run: Run, n_frames: int, n_samples: int) -> tuple[int, int]:
    """Return the samples [begin, end) of a run of frames; the outermost reach to the edges."""
    first, last = run
    begin = FIRST_FRAME_SAMPLES + first * FRAME_SAMPLES if first else 0
    end = n_samples if last == n_frames else FIRST_FRAME_SAMPLES + last * FRAME_SAMPLES
    return begin, min(end, n_samples)


def _spoken(samples: Samples, active: Frames, voice: int, run: Run) -> Samples:
    """Return what a voice says in a turn, alone where it is alone for long enough."""
    first, last = run
    alone = np.zeros(len(active), np.bool_)
    alone[first:last] = active[first:last].sum(axis=1) == 1
    chosen = _runs(alone) if alone.sum() * FRAME_SAMPLES >= MIN_ALONE_S * SAMPLE_RATE else [run]
    return np.concatenate(
        [samples[slice(*_sample_range(part, len(active), len(samples)))] for part in chosen]
    )


def _clip(samples: Samples) -> Samples:
    """Return the middle of a turn as a clip of fixed length; repeat a short turn."""
    start = max(len(samples) - CLIP_SAMPLES, 0) // 2
    return np.resize(samples[start : start + CLIP_SAMPLES], CLIP_SAMPLES)
