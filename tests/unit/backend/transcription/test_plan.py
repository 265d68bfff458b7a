"""If these fail, a restarted job continues with other chunks than it began with."""

from backend.pipeline.chunk import Chunk
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.spans import SpeechSpan
from backend.transcription.plan import Plan


def test_a_plan_survives_the_checkpoint_unchanged(tmp_path) -> None:
    recording = PcmRecording(tmp_path / "pcm", 48_000, 0.25, "aa", (0.5, -0.5))
    spans, chunks = [SpeechSpan(8_000, 24_000)], [Chunk(4_000, 28_000)]
    plan = Plan.of(
        recording=recording,
        spans=spans,
        gain_db=-3.7,
        utterance_gains=[(8_000, 24_000, 4.5)],
        chunks=chunks,
    )
    restored = Plan.model_validate_json(plan.model_dump_json())
    assert restored == plan
    assert restored.recording(tmp_path / "pcm") == recording
    assert restored.speech_spans() == spans
    assert restored.chunk(0) == chunks[0]
    assert (restored.duration_s, restored.speech_s) == (3.0, 1.0)


def test_an_incomplete_decoded_recording_is_not_used(tmp_path) -> None:
    """Else the end of a recording would be read as nothing after a crash."""
    path = tmp_path / "pcm"
    recording = PcmRecording(path, 100, 0.0, "")
    plan = Plan.of(recording=recording, spans=[], gain_db=0.0, utterance_gains=[], chunks=[])
    assert not plan.is_at(path)
    path.write_bytes(bytes(199))
    assert not plan.is_at(path)
    path.write_bytes(bytes(200))
    assert plan.is_at(path)
