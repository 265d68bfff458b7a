"""What makes two pieces of work the same."""

from dataclasses import replace

import pytest

from backend.pipeline.spans import TimeSpan
from backend.transcription.cache_keys import ChunkContent, chunk_key, options_key
from contracts.audio import NormalizationOptions
from contracts.models import ModelIdentity
from contracts.options import DecodingOptions, TranscribeOptions

MODEL = ModelIdentity(name="a", revision="1", engine="x", device="cpu")


@pytest.mark.parametrize(
    "changes",
    [{"force": True}, {"low_latency": True}, {"word_timestamps": True}, {"model": "a"}],
)
def test_how_it_is_computed_does_not_change_what_is_wanted(changes: dict[str, object]) -> None:
    """Word times are stored in any case; the model's identity is a part of the key elsewhere."""
    options = TranscribeOptions.model_validate(changes)
    assert options_key(options) == options_key(TranscribeOptions())


@pytest.mark.parametrize(
    "other",
    [
        {"language": "en"},
        {"task": "translate"},
        {"beam_size": 2},
        {"temperature": 0.5},
        {"prompt": "имена"},
        {"glossary": "Лось"},
        {"chunk_length_s": 10.0},
        {"normalization": "none"},
        {"target_lufs": -23.0},
    ],
)
def test_every_other_option_does(other) -> None:
    assert options_key(TranscribeOptions(**other)) != options_key(TranscribeOptions())


def test_the_models_for_other_languages_are_a_part_of_the_key() -> None:
    """Else a recording in two languages would keep the text of a model that was replaced."""
    keys = {
        options_key(TranscribeOptions(), others)
        for others in ([], [MODEL], [MODEL.model_copy(update={"revision": "2"})])
    }
    assert len(keys) == 3


CONTENT = ChunkContent(b"pcm", b"lead", [TimeSpan(0.3, 0.9)], NormalizationOptions(), 1)


def test_a_chunk_is_the_same_on_any_engine_and_device() -> None:
    elsewhere = MODEL.model_copy(update={"engine": "y", "device": "cuda:0"})
    assert chunk_key(CONTENT, DecodingOptions(), [MODEL], "") == chunk_key(
        CONTENT, DecodingOptions(), [elsewhere], ""
    )


def test_a_chunk_of_another_model_or_with_other_options_or_for_one_job_alone_is_another() -> None:
    newer = MODEL.model_copy(update={"revision": "2"})
    keys = {
        chunk_key(CONTENT, DecodingOptions(), [MODEL], ""),
        chunk_key(CONTENT, DecodingOptions(beam_size=2), [MODEL], ""),
        chunk_key(CONTENT, DecodingOptions(), [newer], ""),
        chunk_key(CONTENT, DecodingOptions(), [MODEL], "job"),
        chunk_key(CONTENT, DecodingOptions(), [MODEL, newer], ""),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    "other",
    [
        {"pcm": b"PCM"},
        {"lead": b"LEAD"},
        {"pcm": b"dpcm", "lead": b"lea"},
        {"speech": [TimeSpan(0.3, 0.5), TimeSpan(0.6, 0.9)]},
        {"normalization": NormalizationOptions(normalization="peak")},
        {"version": 2},
    ],
)
def test_whatever_changes_the_text_of_a_chunk_changes_its_key(other) -> None:
    """Else a recording would get the text of similar audio."""
    changed = replace(CONTENT, **other)
    assert chunk_key(changed, DecodingOptions(), [MODEL], "") != chunk_key(
        CONTENT, DecodingOptions(), [MODEL], ""
    )
