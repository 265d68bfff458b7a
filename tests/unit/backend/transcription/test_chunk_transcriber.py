"""If these fail, a chunk is sent to the llm twice, or its text is lost or belongs to another."""

import pytest

from backend.eta import EtaEstimator
from backend.transcription.chunk_transcriber import ChunkTranscriber
from backend.transcription.context import ChunkContext, JobContext
from contracts.routing import Route
from unit.backend.stand_in_llm import OTHER_MODEL, model_info
from unit.backend.stand_ins import Components, StandInCheckpoint
from unit.backend.storage.database.recorded import MODEL


async def context_of(components: Components, run: JobContext, model=MODEL) -> ChunkContext:
    plan = await components.preparation.prepare(run)
    (recording,) = await components.preparation.recordings(run, plan)
    n_done = run.job.progress.chunks_done
    eta = EtaEstimator(3.0, 1.0, None)
    route = Route((model_info(model, ["*"]),))
    return ChunkContext(run, plan.signals[0], recording, route, eta, n_done)


def transcriber(components: Components, checkpoint: StandInCheckpoint) -> ChunkTranscriber:
    checkpoint.restart()
    return ChunkTranscriber(components.llm, components.chunks, checkpoint)


async def test_a_recorded_chunk_is_read_from_the_store(components: Components) -> None:
    """The checkpoint holds only its key, so that transcripts are not stored twice."""
    checkpoint = StandInCheckpoint()
    context = await context_of(components, await components.new_run())
    first = await transcriber(components, checkpoint).transcribe(context, 0)
    await components.cache.clear()
    assert await transcriber(components, checkpoint).transcribe(context, 0) == first
    assert components.llm.asked == [0]


async def test_a_chunk_whose_owner_job_was_deleted_is_computed_again(
    components: Components,
) -> None:
    """Else the job would wait for ever for a transcript that is gone."""
    checkpoint = StandInCheckpoint()
    other, run = await components.new_run(), await components.new_run()
    await transcriber(components, StandInCheckpoint()).transcribe(
        await context_of(components, other), 0
    )
    context = await context_of(components, run)
    await transcriber(components, checkpoint).transcribe(context, 0)
    assert components.llm.asked == [0]
    deleted = await components.stores.jobs.delete(other.job.id)
    await components.cache.delete_chunks(deleted.owner, deleted.chunk_keys)
    transcript = await transcriber(components, checkpoint).transcribe(context, 0)
    assert transcript.text == "chunk 0"
    assert components.llm.asked == [0, 0]


async def test_a_transcript_is_stored_under_the_model_that_made_it(
    components: Components,
) -> None:
    """Else a later job that expects the old model would get the new model's text."""
    components.llm.model = OTHER_MODEL
    context = await context_of(components, await components.new_run(), MODEL)
    transcript = await transcriber(components, StandInCheckpoint()).transcribe(context, 0)
    assert transcript.model == OTHER_MODEL

    components.llm.model = MODEL
    later = await context_of(components, await components.new_run(), MODEL)
    transcript = await transcriber(components, StandInCheckpoint()).transcribe(later, 0)
    assert transcript.model == MODEL
    assert components.llm.asked == [0, 0]


async def test_chunks_of_another_owner_are_not_used(components: Components) -> None:
    """Else a fast answer would reveal that somebody else has the same recording."""
    first = await context_of(components, await components.new_run())
    await transcriber(components, StandInCheckpoint()).transcribe(first, 0)
    job = await components.add_job(owner="another owner")
    second = await context_of(components, await components.begin(job.id))
    await transcriber(components, StandInCheckpoint()).transcribe(second, 0)
    assert components.llm.asked == [0, 0]


async def test_the_models_seconds_count_only_what_the_llm_was_asked(
    components: Components,
) -> None:
    first, second = await components.new_run(), await components.new_run()
    for run in (first, second):
        await transcriber(components, StandInCheckpoint()).transcribe(
            await context_of(components, run), 0
        )
    assert first.inference_s == pytest.approx(0.5 / 8)  # its share of the batch
    assert second.inference_s == 0.0
