"""What makes two pieces of work the same."""

import pytest

from backend.transcription.cache_keys import chunk_key, options_key
from contracts.models import ModelIdentity
from contracts.transcription import DecodingOptions, TranscribeOptions

MODEL = ModelIdentity(name="a", revision="1", engine="x", device="cpu")


@pytest.mark.parametrize("name", ["force", "low_latency", "word_timestamps"])
def test_how_it_is_computed_does_not_change_what_is_wanted(name: str) -> None:
    """Word times are stored in any case; the option says whether the API returns them."""
    options = TranscribeOptions.model_validate({name: True})
    assert options_key(options) == options_key(TranscribeOptions())


@pytest.mark.parametrize(
    "other",
    [
        {"language": "en"},
        {"task": "translate"},
        {"beam_size": 2},
        {"temperature": 0.5},
        {"prompt": "имена"},
        {"chunk_length_s": 10.0},
        {"normalization": "none"},
        {"target_lufs": -23.0},
    ],
)
def test_every_other_option_does(other) -> None:
    assert options_key(TranscribeOptions(**other)) != options_key(TranscribeOptions())


def test_a_chunk_is_the_same_on_any_engine_and_device() -> None:
    elsewhere = MODEL.model_copy(update={"engine": "y", "device": "cuda:0"})
    assert chunk_key(b"pcm", DecodingOptions(), MODEL, "") == chunk_key(
        b"pcm", DecodingOptions(), elsewhere, ""
    )


def test_a_chunk_of_other_sound_options_model_or_for_one_job_alone_is_another() -> None:
    newer = MODEL.model_copy(update={"revision": "2"})
    keys = {
        chunk_key(b"pcm", DecodingOptions(), MODEL, ""),
        chunk_key(b"PCM", DecodingOptions(), MODEL, ""),
        chunk_key(b"pcm", DecodingOptions(beam_size=2), MODEL, ""),
        chunk_key(b"pcm", DecodingOptions(), newer, ""),
        chunk_key(b"pcm", DecodingOptions(), MODEL, "job"),
    }
    assert len(keys) == 5
