"""If these fail, a restarted job continues with other chunks than it began with."""

from backend.pipeline.chunk import Chunk
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.spans import SpeechSpan
from backend.transcription.plan import Plan, RecordingPlan


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


def test_an_opening_that_is_mixed_otherwise_keeps_its_own_signal(tmp_path) -> None:
    """Else its chunks would be cut out of channels that are silent in it."""
    path = tmp_path / "pcm"
    opening = Plan.of(
        recording=PcmRecording(path, 100, 0.5, "begin", (1.0, 0.0)),
        spans=[SpeechSpan(10, 60), SpeechSpan(70, 100)],
        gain_db=6.0,
        utterance_gains=[(10, 60, 2.0), (70, 100, 3.0)],
        chunks=[Chunk(5, 65), Chunk(65, 100)],
    ).opening()
    rest = Plan.of(
        recording=PcmRecording(path, 300, 0.7, "whole", (0.5, 0.5)),
        spans=[SpeechSpan(70, 300)],
        gain_db=1.0,
        utterance_gains=[(70, 300, 4.0)],
        chunks=[Chunk(66, 300)],
    )
    first = RecordingPlan(signals=[opening], warnings=[], language="ru", is_opening=True)
    plan = RecordingPlan(signals=[rest], warnings=[]).after(first)
    assert plan.chunks == [Chunk(5, 65), Chunk(66, 300)]
    assert [signal.recording(path).weights for signal in plan.signals] == [(1.0, 0.0), (0.5, 0.5)]
    assert (plan.language, plan.audio_sha256, plan.duration_s) == ("ru", "whole", 300 / 16_000)
    assert plan.signals[0].gains_up_to(65) == (6.0, [(10, 60, 2.0)])
    assert plan.signals[1].gains_up_to(300) == (1.0, [(70, 300, 4.0)])

    alike = RecordingPlan(signals=[rest.model_copy(update={"weights": [1.0, 0.0]})], warnings=[])
    (merged,) = alike.after(first).signals
    assert merged.spans == [(10, 60), (70, 300)]
    assert merged.gains_up_to(65) == (6.0, [(10, 60, 2.0)])
    assert merged.gains_up_to(66) == (1.0, [(70, 300, 4.0)])
