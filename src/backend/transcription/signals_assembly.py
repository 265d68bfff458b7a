"""Assemble the chunks of all signals of a recording into one transcript."""

from collections import Counter
from collections.abc import Sequence
from math import inf

from backend.pipeline.assemble import AssembledChunk, Assembly
from backend.pipeline.interleave import Interleaving
from backend.pipeline.speakers.words import SpeakerTurns
from backend.transcription.plan import RecordingPlan
from contracts.transcription import RecognizedChunk, Segment

MARGIN_S = 3.0
"""Seconds by which a segment may begin before its chunk."""


class SignalsAssembly:
    """Turns the recognized chunks of a recording into segments in order.

    Args:
        language: the requested language, reported until a chunk is added.
        speakers: who speaks when, for each signal; None: unknown.
    """

    def __init__(
        self, plan: RecordingPlan, language: str, speakers: Sequence[SpeakerTurns] | None = None
    ) -> None:
        self._plan = plan
        self._language = language
        self._places = plan.places()
        self._assemblies = [
            Assembly(
                signal.speech_spans(),
                signal.duration_s,
                language,
                speakers[index] if speakers else None,
            )
            for index, signal in enumerate(plan.signals)
        ]
        self._interleaving = Interleaving() if len(plan.signals) > 1 else None
        self._again: list[Segment] = []

    @property
    def language(self) -> str:
        """The language of most of the audio added so far."""
        most_common = self._seconds_by_language.most_common(1)
        return most_common[0][0] if most_common else self._language

    @property
    def detected_language(self) -> str | None:
        """The language that most of the audio added so far surely sounds like, if there is one."""
        detected = (each.seconds_by_detected_language for each in self._assemblies)
        most_common = sum(detected, Counter[str]()).most_common(1)
        if not most_common or most_common[0][1] * 2 <= self._seconds_by_language.total():
            return None
        return most_common[0][0]

    @property
    def _seconds_by_language(self) -> Counter[str]:
        return sum((each.seconds_by_language for each in self._assemblies), Counter[str]())

    def begin(self, opening: Sequence[RecognizedChunk]) -> None:
        """Add the chunks of the opening, which were assembled before the rest was planned.

        The next chunk brings their segments again: the whole plan may tell who speaks in them.
        """
        for position, recognized in enumerate(opening):
            self._again += self._added(position, recognized).segments

    def add(self, position: int, recognized: RecognizedChunk) -> AssembledChunk:
        """Add the next recognized chunk in the plan's order.

        Returns: with new segments; before them those that have a new text.
        """
        added = self._added(position, recognized)
        segments = {each.index: each for each in [*self._again, *added.segments]}
        self._again = []
        return AssembledChunk(list(segments.values()), added.report)

    def _added(self, position: int, recognized: RecognizedChunk) -> AssembledChunk:
        place = self._places[position]
        added = self._assemblies[place.signal].add(self._plan.chunk(place), recognized)
        if self._interleaving is None:
            return added
        changed = self._interleaving.add(place.signal, added.segments)
        released = self._interleaving.release(self._next_start_s(position))
        return AssembledChunk(changed + released, added.report)

    def _next_start_s(self, position: int) -> float:
        if position + 1 == len(self._places):
            return inf
        return self._plan.chunk(self._places[position + 1]).start_s - MARGIN_S
