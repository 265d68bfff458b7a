"""Choose the files of a checkpoint that loading needs."""

import re
from collections.abc import Collection

CONFIG_FILES = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "normalizer.json",
    "added_tokens.json",
    "special_tokens_map.json",
)
"""Files that loading reads besides the weights, where they exist."""

_FORMATS = (
    re.compile(r"model\.safetensors"),
    re.compile(r"model\.safetensors\.index\.json|model-\d+-of-\d+\.safetensors"),
    re.compile(r"pytorch_model\.bin"),
    re.compile(r"pytorch_model\.bin\.index\.json|pytorch_model-\d+-of-\d+\.bin"),
)
"""In order of preference: safetensors cannot contain code and loads without a copy."""


def choose_weight_files(files: Collection[str]) -> list[str]:
    """Return the sorted names of the weight files in the preferred format; empty if none."""
    for pattern in _FORMATS:
        if found := sorted(name for name in files if pattern.fullmatch(name)):
            return found
    return []
