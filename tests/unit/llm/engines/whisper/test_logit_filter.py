"""The filter forbids the same tokens as transformers' own processors."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import SuppressTokensAtBeginLogitsProcessor, SuppressTokensLogitsProcessor

from contracts.options import Task
from llm.engines.whisper.logit_filter import LogitFilter, SuppressedTokens
from llm.engines.whisper.tokens import SpecialTokens

SPECIAL = SpecialTokens(
    end_of_text=100,
    start_of_transcript=101,
    start_of_previous=105,
    no_speech=106,
    no_timestamps=107,
    languages={"ru": 102},
    tasks={Task.TRANSCRIBE: 103, Task.TRANSLATE: 104},
)
VOCAB_SIZE = 150
TOKENS = st.lists(st.integers(0, 100), max_size=10)


@given(TOKENS, TOKENS, st.integers(0, 3), st.integers(0, 2**31))
def test_only_text_and_the_end_are_allowed_without_suppressed_tokens(
    anywhere: list[int], first: list[int], n_written: int, seed: int
) -> None:
    logits = torch.randn(3, VOCAB_SIZE, generator=torch.Generator().manual_seed(seed))
    allowed = LogitFilter(SPECIAL, VOCAB_SIZE, SuppressedTokens(anywhere, first))
    # The end token is never suppressed, or no text could end.
    suppressed = [token for token in anywhere if token != SPECIAL.end_of_text]
    expected = SuppressTokensLogitsProcessor([*suppressed, *range(101, VOCAB_SIZE)])(None, logits)
    if first:
        at_begin = SuppressTokensAtBeginLogitsProcessor(first, begin_index=0)
        expected = at_begin(torch.zeros(3, n_written, dtype=torch.long), expected)
    before = logits.clone()
    assert np.array_equal(allowed(n_written, logits.numpy()), expected.numpy())
    assert torch.equal(logits, before)
