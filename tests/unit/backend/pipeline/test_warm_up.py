"""If this fails, the first recording after a start waits for imports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speech_corpus import russian_sentences

_SOURCES = {"PYTHONPATH": str(Path(__file__).parents[4] / "src")}

_PREPARE = """
import sys
from pathlib import Path
from backend.pipeline.chunk import plan_chunks, quietest_point_of
from backend.pipeline.decode import probe
from backend.pipeline.normalize import apply_gain, speech_gain_db
from backend.pipeline.prepare import decode_to_pcm
from backend.pipeline.vad import SpeechDetector
from backend.pipeline.warm_up import warm_up
from backend.pipeline.waveform import waveform_of
from contracts.options import TranscribeOptions

path = Path(sys.argv[1])
if sys.argv[2] == "warm":
    warm_up()
before = set(sys.modules)
decoded = decode_to_pcm(path, probe(path), path.with_suffix(".pcm"), 1e9, lambda: None)
recording = decoded.recording
waveform_of(recording)
spans = SpeechDetector().find_speech(recording)
gain_db = speech_gain_db(recording, spans, TranscribeOptions())
for chunk in plan_chunks(spans, recording.n_samples, 2.0, quietest_point_of(recording)):
    apply_gain(recording.read(chunk.start, chunk.end), gain_db + 20)
print(*{name.partition(".")[0] for name in set(sys.modules) - before}, sep="\\n")
"""


def packages_imported_by_a_recording(path: Path, start: str) -> set[str]:
    command = [sys.executable, "-c", _PREPARE, str(path), start]
    done = subprocess.run(
        command, env=os.environ | _SOURCES, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.slow
def test_the_packages_that_a_recording_needs_are_imported_before_it_arrives(tmp_path: Path) -> None:
    """Otherwise someone who dictates one sentence waits three seconds longer for its text."""
    recording = tmp_path / "speech.wav"
    recording.write_bytes(russian_sentences(1)[0].path.read_bytes())
    assert packages_imported_by_a_recording(recording, "cold") >= {"librosa", "scipy"}
    # PyAV imports one small module of its own with each file type
    assert packages_imported_by_a_recording(recording, "warm") <= {"av"}
