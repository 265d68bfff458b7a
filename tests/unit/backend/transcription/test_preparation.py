"""If these fail, a recording is decoded wrongly, or the user does not see what is wrong with it."""

from pathlib import Path

import numpy as np
import pytest

from audio_files import write_tracks, write_wav
from backend.errors import TooLongError, UnsupportedMediaError
from backend.media_decoder import MediaDecoder
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from backend.storage.database import RunStore
from backend.storage.disk import Disk
from backend.transcription.context import JobContext
from backend.transcription.preparation import Preparation
from contracts.jobs import JobWarning, Stage
from contracts.options import TranscribeOptions
from speech_corpus import russian_sentences
from unit.backend.stand_in_llm import OTHER_MODEL, RUSSIAN_ONLY, model_info
from unit.backend.stand_ins import Components

SILENCE = np.zeros(16_000, np.float32)


class StageRecorder(RunStore):
    """Remembers the stages that a client could see."""

    stages: list[Stage]

    async def set_stage(self, job_id: str, stage: Stage) -> None:
        self.stages = [*getattr(self, "stages", []), stage]
        await super().set_stage(job_id, stage)


def preparation(components: Components, max_duration_s: float = 60.0) -> Preparation:
    decoder = MediaDecoder(Disk(components.folder, 0), max_duration_s)
    return Preparation(
        blobs=components.blobs,
        decoder=decoder,
        work=components.work,
        runs=components.stores.runs,
        stages=components.stages(),
        llm=components.llm,
    )


async def run_of(
    components: Components, *channels: np.ndarray, options: TranscribeOptions | None = None
) -> JobContext:
    run = await components.new_run(options)
    write_wav(components.folder / "file.wav", list(channels)).rename(components.path(run.blob))
    return run


async def run_of_tracks(components: Components, tracks: list[np.ndarray]) -> JobContext:
    run = await components.new_run()
    write_tracks(components.folder / "file.mkv", tracks, sample_rate=16_000).rename(
        components.path(run.blob)
    )
    return run


def spoken(tmp_path: Path) -> np.ndarray:
    """Return a sentence at 16 kHz."""
    source = russian_sentences(1)[0].path
    decoded = decode_to_pcm(source, probe(source), tmp_path / "pcm", 60, lambda: None)
    return decoded.recording.read(0, decoded.recording.n_samples)


async def test_the_stages_are_shown_in_order(components: Components) -> None:
    runs = components.stores.runs
    components.stores.runs = StageRecorder(runs._database)
    run = await run_of(components, SILENCE)
    await preparation(components).prepare(run)
    assert components.stores.runs.stages == [
        Stage.DECODING,
        Stage.DETECTING_SPEECH,
        Stage.MEASURING_LOUDNESS,
    ]


async def test_silence_has_a_waveform_and_no_chunks(components: Components) -> None:
    run = await run_of(components, SILENCE)
    plan = await preparation(components).prepare(run)
    assert (plan.duration_s, plan.speech_s, plan.chunks, plan.warnings) == (1.0, 0.0, [], [])
    assert await components.stores.jobs.waveform(run.job.id) is not None
    assert plan.is_at(components.work.pcm(run.job.id))


async def test_a_damaged_end_is_reported(components: Components) -> None:
    """Else a user would take half a recording for the whole."""
    run = await run_of(components, SILENCE)
    file = components.path(run.blob)
    file.write_bytes(file.read_bytes()[:-8000])
    plan = await preparation(components).prepare(run)
    assert plan.warnings == [JobWarning.TRUNCATED]
    assert 0 < plan.duration_s < 1


async def test_a_decoded_recording_that_is_gone_is_decoded_again(components: Components) -> None:
    """Another process continues the job, with a work folder of its own."""
    run = await run_of(components, np.linspace(-0.5, 0.5, 16_000, dtype=np.float32))
    prepares = preparation(components)
    plan = await prepares.prepare(run)
    pcm = components.work.pcm(run.job.id)
    content = pcm.read_bytes()
    await components.work.remove_pcm(run.job.id)
    (recording,) = await prepares.recordings(run, plan)
    assert (recording.path, pcm.read_bytes()) == (pcm, content)


async def test_a_decoded_recording_is_not_decoded_twice(components: Components) -> None:
    run = await run_of(components, SILENCE)
    prepares = preparation(components)
    plan = await prepares.prepare(run)
    components.path(run.blob).unlink()
    assert (await prepares.recordings(run, plan))[0].n_samples == 16_000


async def test_a_silent_first_track_gives_way_to_one_with_speech(
    components: Components, tmp_path: Path
) -> None:
    """A screen recorder puts the desktop into the first track and the microphone into another."""
    voice = spoken(tmp_path)
    run = await run_of_tracks(components, [SILENCE, SILENCE, voice])
    prepares = preparation(components)
    plan = await prepares.prepare(run)
    assert plan.audio_track == 3
    assert plan.speech_s > 1
    assert plan.warnings == [JobWarning.OTHER_AUDIO_TRACKS]
    await components.work.remove_pcm(run.job.id)
    assert (await prepares.recordings(run, plan))[0].peak > 0.1


async def test_without_speech_in_any_track_the_default_one_stays(components: Components) -> None:
    run = await run_of_tracks(components, [SILENCE, SILENCE])
    plan = await preparation(components).prepare(run)
    assert (plan.audio_track, plan.chunks) == (1, [])


async def test_a_track_that_was_asked_for_is_not_replaced(
    components: Components, tmp_path: Path
) -> None:
    run = await run_of_tracks(components, [SILENCE, spoken(tmp_path)])
    run.job.options = TranscribeOptions(audio_track=1)
    plan = await preparation(components).prepare(run)
    assert (plan.audio_track, plan.chunks, plan.warnings) == (1, [], [])


@pytest.mark.parametrize(
    ("content", "max_duration_s", "error"),
    [(b"no media", 60.0, UnsupportedMediaError), (None, 0.5, TooLongError)],
)
async def test_a_refused_recording_leaves_no_file(
    components: Components, content: bytes | None, max_duration_s: float, error
) -> None:
    run = await run_of(components, SILENCE)
    if content is not None:
        components.path(run.blob).write_bytes(content)
    with pytest.raises(error):
        await preparation(components, max_duration_s).prepare(run)
    assert list(Path(components.folder, "work").iterdir()) == []


async def test_the_language_of_the_first_speech_is_found_if_the_model_depends_on_it(
    components: Components, tmp_path: Path
) -> None:
    components.llm.language = "de"
    run = await run_of(components, spoken(tmp_path), options=TranscribeOptions(language="auto"))
    assert (await preparation(components).prepare(run)).language is None
    components.llm.others = [model_info(OTHER_MODEL, ["de"])]
    assert (await preparation(components).prepare(run)).language == "de"
    silent = await run_of(components, SILENCE, options=TranscribeOptions(language="auto"))
    assert (await preparation(components).prepare(silent)).language is None
    russian = await run_of(components, spoken(tmp_path), options=TranscribeOptions(language="ru"))
    assert (await preparation(components).prepare(russian)).language is None


async def test_chunks_are_no_longer_than_the_model_recognises_well(
    components: Components, tmp_path: Path
) -> None:
    """A model that was trained on short speech leaves out words of longer one."""
    components.llm.can = RUSSIAN_ONLY.model_copy(update={"max_chunk_s": 2.0})
    sentence = spoken(tmp_path)
    run = await run_of(components, np.concatenate([sentence, sentence, sentence]))
    plan = await preparation(components).prepare(run)
    assert len(plan.chunks) > 1
    assert max(chunk.duration_s for chunk in plan.chunks) <= 2.5
