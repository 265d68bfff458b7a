"""Make voice prints of speakers, and compare them with those that an owner had remembered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.pipeline.spans import TimeSpan
from backend.pipeline.speakers.turns import embedded_turns
from contracts.audio import MAX_CHUNK_S
from contracts.speakers import VoiceSpan
from contracts.transcription import Segment
from contracts.voices import MIN_VOICE_SPEECH_S

MAX_SPEECH_S = 60.0
"""Seconds of speech that a voice print is made of at most; more changes little."""

MIN_PHRASE_S = 1.0

MIN_CERTAINTY = 0.5
"""Voices that are less certain are not suggested."""

_EVEN_COSINE = 0.48
"""Cosine at which two prints are as likely of one person as of two. Measured on prints of 6 s of
nine real people: one person has 0.72 to 0.97 in other sentences, and 0.53 to 0.93 if one of the two
comes from a telephone; two people have at most 0.37, and 0.40 by telephone."""

_STEEPNESS = 15.0
"""Gentler than those few people would allow: other days and microphones were not measured."""

_MAX_CERTAINTY = 0.99

VoicePrint = NDArray[np.float32]
"""Shape (size,), of length 1."""


def own_speech(segments: Iterable[Segment], speaker: str) -> list[TimeSpan]:
    """Return the first phrases that a speaker says alone, in order, in seconds.

    Returns: together at most about `MAX_SPEECH_S`, each at most `MAX_CHUNK_S`; empty: all of them
        together are shorter than `MIN_VOICE_SPEECH_S`.
    """
    spans: list[TimeSpan] = []
    total_s = 0.0
    for segment in segments:
        span = TimeSpan(segment.start, min(segment.end, segment.start + MAX_CHUNK_S))
        if segment.speaker != speaker or segment.overlap or span.length_s < MIN_PHRASE_S:
            continue
        spans.append(span)
        total_s += span.length_s
        if total_s >= MAX_SPEECH_S:
            break
    return spans if total_s >= MIN_VOICE_SPEECH_S else []


def voice_print(segmentations: Iterable[Sequence[VoiceSpan]]) -> VoicePrint | None:
    """Return the mean of the voices that speak longest in each span; None: there is no voice.

    Args:
        segmentations: the turns in each span.
    """
    weighted: list[NDArray[np.float32]] = []
    for turns in segmentations:
        seconds: defaultdict[int, float] = defaultdict(float)
        for turn in turns:
            seconds[turn.voice] += turn.end - turn.start
        longest = max(seconds, key=seconds.__getitem__, default=None)
        weighted += [
            embedding * np.float32(turn.end - turn.start)
            for turn, embedding in embedded_turns(turns)
            if turn.voice == longest
        ]
    if not weighted:
        return None
    total = np.stack(weighted).sum(axis=0)
    length = float(np.linalg.norm(total))
    return (total / length).astype(np.float32) if length else None


def most_alike(found: VoicePrint, known: Mapping[str, VoicePrint]) -> tuple[str, float] | None:
    """Return which known voice a print is most alike, and how certain it is that they are one.

    Args:
        known: prints by the ids of their profiles; those of another size are of other networks.

    Returns: None: none is as certain as `MIN_CERTAINTY`.
    """
    cosines = {
        voice: float(found @ print_) for voice, print_ in known.items() if len(print_) == len(found)
    }
    if not cosines:
        return None
    best = max(cosines, key=cosines.__getitem__)
    certain = certainty(cosines[best])
    return (best, certain) if certain >= MIN_CERTAINTY else None


def certainty(cosine: float) -> float:
    """Return how certain it is that two voice prints are of one person, in [0, 1)."""
    even = 1 / (1 + np.exp(-_STEEPNESS * (cosine - _EVEN_COSINE)))
    return round(min(float(even), _MAX_CERTAINTY), 2)
