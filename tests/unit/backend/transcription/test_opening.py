"""If these fail, the first text of a long recording waits until all of it is decoded, or the text
at the end of its opening is lost or written twice.
"""

import numpy as np
import pytest

from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from backend.transcription import preparation as preparation_module
from backend.transcription.chunk_audio import ChunkAudio
from backend.transcription.context import JobContext
from backend.transcription.plan import RecordingPlan
from backend.transcription.preparation import Preparation
from contracts.audio import SAMPLE_RATE
from contracts.options import Diarization, TranscribeOptions
from speech_corpus import russian_sentences
from unit.backend.stand_ins import Components
from unit.backend.transcription.test_preparation import preparation, run_of

OPENING_S = 20.0
PAUSE = np.zeros(SAMPLE_RATE // 2, np.float32)


@pytest.fixture(autouse=True)
def short_openings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a minute a long recording."""
    monkeypatch.setattr(preparation_module, "OPENING_S", OPENING_S)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Return a minute of sentences at 16 kHz."""
    folder = tmp_path_factory.mktemp("speech")
    parts: list[np.ndarray] = []
    for sentence in russian_sentences(30):
        info = probe(sentence.path)
        decoded = decode_to_pcm(sentence.path, info, folder / "pcm", 60, lambda: None).recording
        parts += [decoded.read(0, decoded.n_samples), PAUSE]
        if sum(map(len, parts)) > 60 * SAMPLE_RATE:
            break
    return np.concatenate(parts)


async def prepared(
    components: Components, run: JobContext
) -> tuple[Preparation, RecordingPlan, RecordingPlan]:
    """Return the plans of the opening and of the whole recording."""
    prepares = preparation(components, max_duration_s=600)
    opening = await prepares.prepare(run)
    return prepares, opening, await prepares.prepare(run, opening)


async def prepared_at_once(components: Components, run: JobContext) -> RecordingPlan:
    """Return the plan of a recording without an opening."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation_module, "OPENING_S", 3600.0)
        return await preparation(components, max_duration_s=600).prepare(run)


def options(**changes: object) -> TranscribeOptions:
    return TranscribeOptions.model_validate({"chunk_length_s": 8} | changes)


async def test_the_chunks_are_those_of_a_recording_that_is_planned_at_once(
    components: Components, speech: np.ndarray
) -> None:
    run = await run_of(components, speech, options=options())
    _, opening, whole = await prepared(components, run)
    at_once = await prepared_at_once(components, run)
    assert opening.is_opening
    assert not whole.is_opening
    assert 0 < len(opening.chunks) < len(whole.chunks)
    assert whole.chunks[: len(opening.chunks)] == opening.chunks
    assert whole.chunks == at_once.chunks
    assert whole.speech_s == pytest.approx(at_once.speech_s)
    assert whole.audio_sha256 == at_once.audio_sha256


async def test_a_chunk_of_the_opening_sounds_the_same_before_and_after_the_rest_is_decoded(
    components: Components, speech: np.ndarray
) -> None:
    """Else a chunk that a crash interrupted would be transcribed with another gain."""
    louder = np.concatenate([speech[: 30 * SAMPLE_RATE] * 0.3, speech[30 * SAMPLE_RATE :]])
    run = await run_of(components, louder, options=options())
    prepares = preparation(components, max_duration_s=600)

    async def sounds(plan: RecordingPlan) -> list[bytes]:
        (recording,) = await prepares.recordings(run, plan)
        (signal,) = plan.signals
        normalization = run.job.options.normalization_options()
        return [ChunkAudio(recording, signal, normalization, each).pcm for each in signal_chunks]

    opening = await prepares.prepare(run)
    signal_chunks = opening.chunks
    before = await sounds(opening)
    whole = await prepares.prepare(run, opening)
    assert await sounds(opening) == before
    assert await sounds(whole) == before
    (signal,) = whole.signals
    assert signal.gain_db < signal.opening_gain_db - 3


async def test_another_process_decodes_the_opening_alone_until_the_rest_is_planned(
    components: Components, speech: np.ndarray
) -> None:
    run = await run_of(components, speech, options=options())
    prepares, opening, whole = await prepared(components, run)
    pcm = components.work.pcm(run.job.id)
    content = pcm.read_bytes()
    await components.work.remove_pcm(run.job.id)
    await prepares.recordings(run, opening)
    assert pcm.stat().st_size == pytest.approx(2 * OPENING_S * SAMPLE_RATE, abs=100)
    await prepares.recordings(run, whole)
    await prepares.recordings(run, opening)
    assert pcm.read_bytes() == content


@pytest.mark.parametrize(
    ("gain", "silence_s"),
    [(0.003, 0), (1.0, 15)],
    ids=["a murmur", "almost nothing is said"],
)
async def test_an_opening_that_says_too_little_waits_for_the_rest(
    components: Components, speech: np.ndarray, gain: float, silence_s: int
) -> None:
    """Else noise before a talk would be as loud as the talk, and become words."""
    beginning = speech[: 25 * SAMPLE_RATE] * np.float32(gain)
    beginning[: silence_s * SAMPLE_RATE] = 0
    run = await run_of(components, np.concatenate([beginning, speech]), options=options())
    _, opening, whole = await prepared(components, run)
    assert (opening.is_opening, opening.chunks) == (True, [])
    assert whole == await prepared_at_once(components, run)


@pytest.mark.parametrize("asked", [Diarization.AUTO, Diarization.CHANNEL])
async def test_the_voices_of_a_call_are_planned_with_all_of_it(
    components: Components, speech: np.ndarray, asked: Diarization
) -> None:
    """Else the first words of a call would have no speaker."""
    turn = np.arange(len(speech)) // (4 * SAMPLE_RATE) % 2
    channels = [np.where(turn == channel, speech, np.float32(0)) for channel in (0, 1)]
    run = await run_of(components, *channels, options=options(diarization=asked))
    plan = await preparation(components, max_duration_s=600).prepare(run)
    assert plan.is_opening == (asked is Diarization.AUTO)
    assert bool(plan.chunks) != plan.is_opening


async def test_channels_that_speak_later_leave_no_word_out(
    components: Components, speech: np.ndarray
) -> None:
    """The other channel of a recorder may be silent at first: it is mixed otherwise then."""
    half = len(speech) // 2
    voice = np.concatenate([speech, speech[:half]])
    other = np.concatenate([np.zeros(len(speech), np.float32), speech[:half]])
    run = await run_of(components, voice, other, options=options())
    prepares, opening, whole = await prepared(components, run)
    assert opening.chunks
    assert len(whole.signals) == 2
    assert whole.chunks[: len(opening.chunks)] == opening.chunks
    assert whole.chunks == (await prepared_at_once(components, run)).chunks
    recordings = await prepares.recordings(run, whole)
    assert [each.n_samples for each in recordings] == [len(voice)] * 2
