"""Which files of a checkpoint are needed."""

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
"""All that may stand beside the weights and that loading reads."""

_FORMS = (
    re.compile(r"model\.safetensors"),
    re.compile(r"model\.safetensors\.index\.json|model-\d+-of-\d+\.safetensors"),
    re.compile(r"pytorch_model\.bin"),
    re.compile(r"pytorch_model\.bin\.index\.json|pytorch_model-\d+-of-\d+\.bin"),
)
"""Best first: safetensors cannot hold code, and loads without a copy."""


def choose_weight_files(files: Collection[str]) -> list[str]:
    """Return the names of the weights in their best form, sorted; empty: there are none."""
    for form in _FORMS:
        if found := sorted(name for name in files if form.fullmatch(name)):
            return found
    return []
