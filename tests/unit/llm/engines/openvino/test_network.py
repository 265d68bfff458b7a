"""OpenVINO's network computes the same numbers as transformers' on the same weights."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.options import ChunkOptions
from llm.engines.openvino import network as openvino_network
from llm.engines.protocol import ComputeType, Samples
from llm.engines.whisper.network import EncoderOutput, WhisperNetwork
from llm.engines.whisper.search import Logits, VerifyingDecoder
from unit.llm.checkpoints import END, RUSSIAN
from unit.llm.engines.conftest import Load

RNG = np.random.default_rng(0)
CHUNKS = [RNG.normal(0, 0.1, 16_000 * 2).astype(np.float32) * np.float32(n) for n in (1, 2, 0.1)]
CHUNKS.append((0.3 * np.sin(0.3 * np.arange(30_000))).astype(np.float32))
PROMPT = [END + 1, RUSSIAN, RUSSIAN + 2]


@pytest.fixture(scope="module")
def networks(load: Load) -> tuple[WhisperNetwork, WhisperNetwork]:
    return load("openvino").network, load("transformers").network


@pytest.fixture(scope="module")
def encoder_outputs(networks: tuple[WhisperNetwork, WhisperNetwork]) -> list[list[EncoderOutput]]:
    """The chunks, encoded in full context by each network."""
    return [network.encode(CHUNKS, full_context=True) for network in networks]


def logits_of(
    network: WhisperNetwork, chunks: Sequence[Samples], steps: Sequence[list[list[int]]]
) -> list[Logits]:
    """Return the logits after each step of tokens, shape (rows, n), in full context."""
    decoder = network.start_decoder(network.encode(chunks, full_context=True))
    return [decoder.advance(np.array(tokens)).logits.copy() for tokens in steps]


@pytest.mark.parametrize(
    ("compute_type", "tolerance"),
    [(ComputeType.FP32, 0.001), (ComputeType.BF16, 0.1), (ComputeType.INT8, 0.1)],
)
def test_logits_are_those_of_transformers(
    load: Load, compute_type: ComputeType, tolerance: float
) -> None:
    """The tolerance is relative to the standard deviation of the logits."""
    steps = [[PROMPT] * 4, [[40], [41], [42], [43]], [[7], [8], [9], [10]]]
    expected = logits_of(load("transformers").network, CHUNKS, steps)
    found = logits_of(load("openvino", compute_type=compute_type).network, CHUNKS, steps)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert float(np.abs(one - other).mean()) < tolerance * float(other.std())
    # Otherwise a network that ignores the audio would pass.
    assert float(np.abs(expected[0][0] - expected[0][3]).mean()) > 0.2 * float(expected[0].std())


@pytest.mark.parametrize("beam_size", [1, 3])
def test_texts_are_those_of_transformers(load: Load, beam_size: int) -> None:
    """In windows of thirty seconds, which transformers always uses."""
    chunks = [np.tile(chunk, 15)[: 16_000 * 30] for chunk in CHUNKS]
    options = ChunkOptions(beam_size=beam_size, word_timestamps=True)
    found, expected = (
        load(name).transcribe(chunks, options) for name in ("openvino", "transformers")
    )
    assert any(result.segments for result in expected)
    for one, other in zip(found, expected, strict=True):
        assert [s.text for s in one.segments] == [s.text for s in other.segments]
        times = [
            [(w.start, w.end) for s in r.segments for w in s.words or []] for r in (one, other)
        ]
        assert times[0] == times[1]
        logprobs = [[a.avg_logprob for a in result.attempts] for result in (one, other)]
        assert logprobs[0] == pytest.approx(logprobs[1], abs=0.01)


def test_attention_of_a_finished_text_is_that_of_transformers(
    networks: tuple[WhisperNetwork, WhisperNetwork], encoder_outputs: list[list[EncoderOutput]]
) -> None:
    def attention(network: WhisperNetwork, chunks: list[EncoderOutput]) -> np.ndarray:
        decoder = network.start_decoder(chunks[:2])
        outputs = [decoder.advance(np.array([tokens] * 2)) for tokens in (PROMPT, [5], [6], [7])]
        return network.attention(chunks[1], [output.queries[1] for output in outputs], 100)

    found, expected = (attention(*pair) for pair in zip(networks, encoder_outputs, strict=True))
    assert found.shape == expected.shape == (2, 4, 100)
    assert np.allclose(found, expected, atol=1e-4, rtol=0.02)
    assert float(expected.std()) > 1e-4


def test_a_long_prompt_gives_the_logits_of_transformers(
    networks: tuple[WhisperNetwork, WhisperNetwork],
) -> None:
    """It is read in several blocks."""
    prompt = [[(7 * n) % 250 for n in range(1, 30)]] * 4
    steps = [prompt, [[40], [41], [42], [43]]]
    found, expected = (logits_of(network, CHUNKS, steps) for network in networks)
    for one, other in zip(found, expected, strict=True):
        assert np.allclose(one, other, atol=0.01 * float(other.std()))


def test_prompts_of_all_lengths_are_read_in_few_lengths(
    networks: tuple[WhisperNetwork, WhisperNetwork],
    encoder_outputs: list[list[EncoderOutput]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenVINO keeps memory for each new one, so that a service would grow without end."""
    network, (chunk, *_) = networks[0], encoder_outputs[0]
    read, lengths = openvino_network.DecoderState._read, set[int]()

    def spy(state: openvino_network.DecoderState, tokens: np.ndarray, n_outputs: int) -> object:
        lengths.add(tokens.shape[1])
        return read(state, tokens, n_outputs)

    monkeypatch.setattr(openvino_network.DecoderState, "_read", spy)
    for length in range(1, 45):
        network.start_decoder([chunk]).advance(np.array([[5] * length]))
    assert lengths == {1, 2, 3, 4, 8, 16, 32}


SELECTIONS = st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=5), max_size=6)


@given(SELECTIONS)
@settings(deadline=None, max_examples=15)
def test_rows_can_be_dropped_reordered_and_duplicated(
    networks: tuple[WhisperNetwork, WhisperNetwork],
    encoder_outputs: list[list[EncoderOutput]],
    selections: list[list[int]],
) -> None:
    """As happens when texts end anywhere in a batch, and when beams move."""
    decoders = [
        network.start_decoder(chunks)
        for network, chunks in zip(networks, encoder_outputs, strict=True)
    ]
    n_rows, tokens = len(CHUNKS), np.array([PROMPT] * len(CHUNKS))
    for step, selection in enumerate([[], *selections]):
        if selection:
            rows = [row % n_rows for row in selection]
            for decoder in decoders:
                decoder.select(rows)
            n_rows = len(rows)
            tokens = (np.arange(n_rows) * 31 + step * 7)[:, None] % 250
        found, expected = (decoder.advance(tokens) for decoder in decoders)
        assert found.logits.shape == expected.logits.shape
        assert np.allclose(found.logits, expected.logits, atol=0.02)
        assert np.allclose(found.queries, expected.queries, atol=0.02)


def test_the_rows_that_remain_equal_a_fresh_batch(
    networks: tuple[WhisperNetwork, WhisperNetwork], encoder_outputs: list[list[EncoderOutput]]
) -> None:
    network = networks[0]
    decoder = network.start_decoder(encoder_outputs[0])
    decoder.advance(np.array([PROMPT] * 4))
    decoder.advance(np.array([[1], [2], [3], [4]]))
    for rows in ([0, 1, 2], [0, 2], [1, 0]):  # Drop the last, drop one in the middle, reorder.
        decoder.select(rows)
    continued = decoder.advance(np.array([[11], [12]])).logits
    fresh = logits_of(network, [CHUNKS[2], CHUNKS[0]], [[PROMPT] * 2, [[3], [1]], [[11], [12]]])
    assert np.allclose(continued, fresh[-1], atol=0.002)


def test_proposed_tokens_are_verified_and_the_wrong_ones_forgotten(
    networks: tuple[WhisperNetwork, WhisperNetwork],
) -> None:
    """Otherwise wrong tokens of a draft would change what the decoder writes after them."""
    network = networks[0]
    decoder = network.start_decoder(network.encode(CHUNKS, full_context=True))
    assert isinstance(decoder, VerifyingDecoder)
    decoder.advance(np.array([PROMPT] * 4))
    proposed = np.array([[10 * row + n for n in range(4)] for row in range(4)])
    verified = decoder.verify(proposed).logits.copy()
    one_by_one = logits_of(
        network, CHUNKS, [[PROMPT] * 4, *([[token] for token in step] for step in proposed.T)]
    )[1:]
    assert np.allclose(verified, np.stack(one_by_one, axis=1), atol=0.02)
    decoder.keep([4, 1, 2, 3])
    decoder.select([0, 2, 3])
    decoder.verify(np.array([[91, 92], [93, 94], [95, 96]]))
    decoder.keep([1, 2, 1])
    decoder.select([0, 1])
    continued = decoder.advance(np.array([[101], [102]])).logits
    kept = [[*proposed[0], 91], [*proposed[2, :2], 93, 94]]
    for row, (chunk, tokens) in enumerate(zip((CHUNKS[0], CHUNKS[2]), kept, strict=True)):
        fresh = logits_of(network, [chunk], [[[*PROMPT, *tokens]], [[101 + row]]])[-1]
        assert np.allclose(continued[row], fresh[0], atol=0.02)


def test_the_window_follows_the_length_of_the_chunk(
    networks: tuple[WhisperNetwork, WhisperNetwork],
) -> None:
    network = networks[0]

    for seconds, window_s in ((0.1, 2.5), (3, 5), (3.1, 7.5), (10.1, 12.5), (29, 30), (30, 30)):
        assert network.context_s(seconds) == window_s
        chunk = np.zeros(round(16_000 * seconds), np.float32)
        (encoder_output,) = network.encode([chunk], full_context=False)
        assert encoder_output.context_s == window_s
    assert {one.context_s for one in network.encode(CHUNKS, full_context=True)} == {30}


def test_chunks_of_other_windows_in_the_batch_change_nothing(
    networks: tuple[WhisperNetwork, WhisperNetwork],
) -> None:
    """Otherwise a text would depend on the requests that happen to arrive together."""
    network = networks[0]
    chunks = [np.tile(CHUNKS[0], n) for n in (1, 7, 3, 12)]
    steps = [PROMPT, [40], [7]]

    def logits(together: Sequence[Samples]) -> list[Logits]:
        decoder = network.start_decoder(network.encode(together, full_context=False))
        return [decoder.advance(np.array([step] * len(together))).logits.copy() for step in steps]

    assert len({network.context_s(len(chunk) / 16_000) for chunk in chunks}) == len(chunks)
    found = logits(chunks)
    for row, chunk in enumerate(chunks):
        for of_batch, alone in zip(found, logits([chunk]), strict=True):
            assert np.allclose(of_batch[row], alone[0], atol=0.002)


def test_shorter_chunks_allow_more_rows(
    networks: tuple[WhisperNetwork, WhisperNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as fit into memory, at least two, at most sixteen; few rows may take more memory."""
    network = networks[0]
    (encoder_output, *_) = network.encode(CHUNKS[:1], full_context=True)
    window_bytes = sum(array.nbytes for array in encoder_output.states.cache.arrays.values())
    monkeypatch.setattr(openvino_network, "FEW_ROWS_BYTES", 0)
    monkeypatch.setattr(openvino_network, "CROSS_ATTENTION_CACHE_BYTES", 6 * window_bytes)
    assert [network.max_rows(seconds) for seconds in (0.1, 8, 13, 28, 30)] == [16, 16, 12, 6, 6]
    monkeypatch.setattr(openvino_network, "CROSS_ATTENTION_CACHE_BYTES", window_bytes)
    for few_rows_bytes, n_rows in ((9, 8), (8, 8), (7, 2)):
        monkeypatch.setattr(openvino_network, "FEW_ROWS_BYTES", few_rows_bytes * window_bytes)
        assert network.max_rows(30) == n_rows
