"""If these fail, a text waits for its speakers, loses words by them, or nobody knows who speaks."""

import asyncio

import pytest

from backend.errors import LlmFailedError
from backend.pipeline.speakers.turns import SpeakerTurn
from backend.storage.database import StoredSegment
from backend.transcription.diarization import segments_by_speaker
from contracts.jobs import JobWarning, SegmentCorrection
from contracts.options import Diarization, TranscribeOptions
from contracts.speakers import SpeakerSegmentation, VoiceSpan
from contracts.transcription import Segment
from unit.backend.stand_ins import Components, StandInCheckpoint, chunk_texts
from unit.backend.storage.database.recorded import OWNER, segment

BY_VOICE = TranscribeOptions(diarization=Diarization.VOICE)


N_CHUNKS = 6
TWO_VOICES = SpeakerSegmentation(
    duration_s=N_CHUNKS,
    turns=[
        VoiceSpan(start=0.0, end=3.0, voice=0, embedding=[1.0, 0.0]),
        VoiceSpan(start=3.0, end=6.0, voice=0, embedding=[0.0, 1.0]),
    ],
    inference_s=0.1,
)
BY_SPEAKER = [(n, "S1" if n < 3 else "S2", f"chunk {n}") for n in range(N_CHUNKS)]


@pytest.fixture(autouse=True)
def longer_recording(components: Components) -> None:
    components.preparation.n_chunks = N_CHUNKS


async def spoken(components: Components, job_id: str) -> list[tuple[int, str | None, str]]:
    _, stored = await components.stores.runs.segments(job_id)
    return [(each.segment.index, each.segment.speaker, each.segment.text) for each in stored]


async def test_the_text_is_there_before_its_speakers(components: Components) -> None:
    """To find those of three hours takes minutes."""
    components.llm.speakers = TWO_VOICES
    checkpoint = StandInCheckpoint()
    run = await components.new_run(BY_VOICE)
    texts_before: list[str] = []
    segment_speakers = components.llm.segment_speakers

    async def look_first(pcm: bytes) -> SpeakerSegmentation:
        texts_before.extend(await components.texts(run.job.id))
        progress = (await components.stores.jobs.get(run.job.id)).progress
        assert progress.eta_s is None  # not 0: the job goes on
        return await segment_speakers(pcm)

    components.llm.segment_speakers = look_first  # pyright: ignore[reportAttributeAccessIssue]
    assert await components.workflow(checkpoint).run(run)
    assert texts_before == chunk_texts(range(N_CHUNKS))
    assert checkpoint.executed[-2:] == ["diarize", "suggest_voices"]
    assert await spoken(components, run.job.id) == BY_SPEAKER


async def test_a_restart_neither_transcribes_nor_diarizes_again(components: Components) -> None:
    components.llm.speakers = TWO_VOICES
    checkpoint, is_stopped = StandInCheckpoint(), asyncio.Event()

    async def stop(*_: object) -> bool:
        is_stopped.set()
        await asyncio.sleep(3600)
        return False

    run = await components.new_run(BY_VOICE)
    workflow = components.workflow(checkpoint)
    set_segments = components.stores.runs.set_segments
    components.stores.runs.set_segments = stop  # pyright: ignore[reportAttributeAccessIssue]
    running = asyncio.create_task(workflow.run(run))
    async with asyncio.timeout(10):
        await is_stopped.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    components.stores.runs.set_segments = set_segments  # pyright: ignore[reportAttributeAccessIssue]
    for _ in range(2):  # also after the speakers were stored
        again = await components.begin(run.job.id)
        assert await components.workflow(checkpoint).run(again)
        assert (components.llm.asked, components.llm.n_segmented) == (list(range(N_CHUNKS)), 1)
        assert await spoken(components, run.job.id) == BY_SPEAKER


async def test_a_text_stays_whole_if_nobody_can_tell_who_speaks(components: Components) -> None:
    components.llm.speakers = LlmFailedError("no answer")
    run = await components.new_run(BY_VOICE)
    assert await components.workflow().run(run)
    assert await components.texts(run.job.id) == chunk_texts(range(N_CHUNKS))
    job = await components.stores.jobs.get(run.job.id)
    assert job.warnings == [JobWarning.SPEAKERS_UNKNOWN]


async def test_speakers_that_are_found_for_an_older_text_are_not_stored(
    components: Components,
) -> None:
    """The owner may have cancelled, corrected and resumed the job meanwhile."""
    run = await components.new_run()
    assert await components.workflow().run(run)
    revision, stored = await components.stores.runs.segments(run.job.id)
    correction = SegmentCorrection(text="исправлено")
    await components.stores.transcripts.edit_segment(run.job.id, OWNER, 0, correction)
    assert not await components.stores.runs.set_segments(run.job.id, revision, stored[:1])
    assert (await components.texts(run.job.id))[0] == "исправлено"

    revision, stored = await components.stores.runs.segments(run.job.id)
    assert await components.stores.runs.set_segments(run.job.id, revision, stored)
    assert (await components.texts(run.job.id))[0] == "исправлено"


def test_segments_break_where_the_speaker_changes_and_are_numbered_in_order() -> None:
    texts = segment(4, "раз два три четыре", with_words=True), segment(7, "пять", with_words=True)
    first, second = texts
    turns = [
        SpeakerTurn(first.start, first.start + 0.25, 0),
        SpeakerTurn(first.start + 0.25, first.start + 10, 1),
        SpeakerTurn(second.start, second.start + 1, 0),
    ]
    given = [StoredSegment(first, "S9"), StoredSegment(second, None)]
    found = segments_by_speaker(given, turns)
    assert [(each.segment.index, each.segment.speaker, each.segment.text) for each in found] == [
        (0, "S1", "раз два"), (1, "S2", "три четыре"), (2, "S1", "пять"),
    ]  # fmt: skip
    # whom the owner gave the whole segment to said both parts
    assert [each.assigned_speaker for each in found] == ["S9", "S9", None]
    assert segments_by_speaker(found, turns) == found


def test_a_corrected_segment_stays_whole() -> None:
    whole: Segment = segment(0, "раз два три четыре", with_words=True).model_copy(
        update={"original_text": "раз дав три четыре"}
    )
    turns = [SpeakerTurn(0.0, 0.25, 0), SpeakerTurn(0.25, 10.0, 1)]
    (found,) = segments_by_speaker([StoredSegment(whole, None)], turns)
    assert (found.segment.text, found.segment.original_text) == (whole.text, whole.original_text)
