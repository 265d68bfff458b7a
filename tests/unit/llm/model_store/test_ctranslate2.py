"""Only Whisper models in the supported format are read."""

import numpy as np
import pytest

from llm.model_store.ctranslate2 import FormatError, read_variables, rename_to_transformers


def test_another_format_is_refused() -> None:
    with pytest.raises(FormatError):
        read_variables(b"\x05\x00\x00\x00\x04\x00abc\x00\x01\x00\x00\x00")
    with pytest.raises(FormatError, match="flux"):
        rename_to_transformers({"decoder/flux/weight": np.zeros(1)})
