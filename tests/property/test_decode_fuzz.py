"""If these fail, a damaged or malicious file can crash the decoder or raise an unmapped error."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audio_files import noise, write_encoded
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from servicekit.errors import ServiceError

FORMATS = [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus"), ("a.m4a", "aac")]


@pytest.fixture(scope="module", params=FORMATS, ids=[name for name, _ in FORMATS])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, codec = request.param
    return write_encoded(
        tmp_path_factory.mktemp("fuzz") / name, noise(2, 48_000), codec, sample_rate=48_000
    )


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(damage=[], keep=0.9609375)
@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8))
    ),
    keep=st.floats(0.02, 1),
)
def test_any_damage_gives_audio_or_a_client_error(
    original: Path, damage: list[tuple[float, bytes]], keep: float
) -> None:
    content = bytearray(original.read_bytes())
    for position, junk in damage:
        at = int(position * len(content))
        content[at : at + len(junk)] = junk
    path = original.with_name("damaged")
    path.write_bytes(bytes(content[: int(keep * len(content))]))
    try:
        result = decode_to_pcm(path, probe(path), path.with_suffix(".pcm"), 60, lambda: None)
    except ServiceError as error:
        assert 400 <= error.problem_type.status < 500
    else:
        assert 0 < result.recording.duration_s <= 60
