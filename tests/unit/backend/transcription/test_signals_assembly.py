"""If these fail, a text in the wrong language looks like a right one."""

import pytest

from backend.transcription.plan import Plan, RecordingPlan
from backend.transcription.signals_assembly import SignalsAssembly
from contracts.audio import SAMPLE_RATE
from unit.backend.storage.database.recorded import recognized_chunk

CHUNK_S = 10


def plan(n_chunks: int) -> RecordingPlan:
    length = CHUNK_S * SAMPLE_RATE
    chunks = [(n * length, (n + 1) * length) for n in range(n_chunks)]
    signal = Plan(
        n_samples=n_chunks * length, peak=0.5, audio_sha256="audio", spans=chunks, gain_db=0.0,
        chunks=chunks,
    )  # fmt: skip
    return RecordingPlan(signals=[signal], warnings=[])


@pytest.mark.parametrize(
    ("detected", "language"),
    [
        (["en", "en", None], "en"),
        (["en", None, None], None),  # the model is not sure of the rest
        (["en", "ru"], None),  # half of it
        (["ru"], "ru"),
        ([], None),
    ],
)
def test_a_recording_sounds_like_the_language_that_most_of_it_surely_sounds_like(
    detected: list[str | None], language: str | None
) -> None:
    assembly = SignalsAssembly(plan(len(detected)), "ru")
    for position, each in enumerate(detected):
        seconds = {each: float(CHUNK_S)} if each else {}
        chunk = recognized_chunk("да").model_copy(
            update={
                "seconds_by_language": {"ru": float(CHUNK_S)},
                "seconds_by_detected_language": seconds,
            }
        )
        assembly.add(position, chunk)
    assert assembly.detected_language == language


def test_the_segments_of_an_opening_come_again_with_the_next_chunk() -> None:
    """Else they would keep no speaker in a call whose channels are told apart later."""
    opening, whole = SignalsAssembly(plan(4), "ru"), SignalsAssembly(plan(5), "ru")
    first, second = (recognized_chunk(text) for text in ("да", "нет"))
    before = opening.add(0, first).segments
    whole.begin([first])
    assert whole.add(1, second).segments[: len(before)] == before
