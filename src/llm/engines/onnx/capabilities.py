"""Tell what a model in ONNX format can do, by its architecture and its vocabulary."""

from contracts.audio import MAX_CHUNK_S
from contracts.models import ModelCapabilities

_GIGAAM_S = 25.0
"""Longest speech that GigaAM transcribes at once. Source: salute-developers/GigaAM, README."""

_GIGAAM_MULTILINGUAL = ["ru", "kk", "uz", "en"]
"""Source: ai-sage/GigaAM-Multilingual, model card; Kyrgyz is no language of Whisper's list."""

_PARAKEET_V3 = [
    "ru", "en", "uk", "de", "fr", "es", "it", "pt", "pl", "bg", "cs", "da", "el", "et", "fi", "hr",
    "hu", "lt", "lv", "mt", "nl", "ro", "sk", "sl", "sv",
]  # fmt: skip
"""Source: nvidia/parakeet-tdt-0.6b-v3, model card."""


def capabilities_of(model_type: str, vocabulary: str) -> ModelCapabilities:
    """Return what a model can do.

    Args:
        model_type: onnx-asr's name of the architecture.
        vocabulary: all tokens, one after another.
    """
    return ModelCapabilities(
        languages=_languages(model_type, vocabulary),
        detects_language=False,
        punctuation="." in vocabulary and vocabulary != vocabulary.lower(),
        translate=False,
        prompt=False,
        beam_search=False,
        temperature=False,
        max_chunk_s=_GIGAAM_S if model_type.startswith("gigaam") else MAX_CHUNK_S,
    )


def _languages(model_type: str, vocabulary: str) -> list[str]:
    """Return the languages; those of NeMo's models by the alphabets of the tokens."""
    if model_type == "gigaam-multilingual-ctc":
        return _GIGAAM_MULTILINGUAL
    if not model_type.startswith("nemo"):
        return ["ru"]
    cyrillic = any("а" <= letter <= "я" for letter in vocabulary)
    greek = any("α" <= letter <= "ω" for letter in vocabulary)
    if cyrillic and greek:
        return _PARAKEET_V3
    return ["ru"] if cyrillic else ["en"]
