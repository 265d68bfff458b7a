"""Compare engines on a medium Whisper with random weights: `bench --model medium-synthetic`.

Random weights take the time of trained ones. They hardly end a text, so every system writes as many
tokens as speech of that length has. Only the encoder and the decoder are measured. Drafts are the
texts of the model itself with wrong tokens in them, so that the seconds are those of any share of
right tokens; whisper-base drafts beside it, as it would for a trained model.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bench.checkpoints import transformers_checkpoint
from bench.default_recording import default_recording
from bench.machine import this_machine
from contracts.options import ChunkOptions
from llm.engines.openvino.network import OpenVinoNetwork
from llm.engines.protocol import Checkpoint, EngineOptions, Samples
from llm.engines.registry import load_engine
from llm.engines.whisper.attempt import EncodedChunk, write
from llm.engines.whisper.engine import WhisperEngine
from llm.engines.whisper.speculation import Draft
from testbed.medium_checkpoint import write_medium_checkpoint

_RATE = 16_000
_POSITIONS = 448

CHUNK_S, N_CHUNKS = 28, 8
"""Seconds of a chunk, as both systems cut long recordings, and how many there are."""

_COMMA = 11

N_TOKENS = 4 * CHUNK_S
"""Tokens of a chunk. Source: readings in Russian, whisper-base."""

RIGHT = (1.0, 0.9, 0.8, 0.6)
"""Shares of right tokens in the drafts."""

OPTIONS = ChunkOptions(language="ru")

_CACHE = Path(".cache/bench")

Run = Callable[[], float]
"""Transcribe all chunks; return how many tokens a step of the decoder wrote."""


@dataclass
class _Row:
    seconds: list[float] = field(default_factory=list[float])
    tokens_per_step: float = 1.0


def compare(rounds: int, threads: int) -> None:
    """Print the seconds of each system, in interleaved rounds."""
    print(this_machine().describe(threads), flush=True)
    chunks = _chunks()
    systems = _ours(chunks, threads) | _ctranslate2(chunks, threads)
    rows = {name: _Row() for name in systems}
    for _ in range(rounds):
        for name, run in systems.items():
            started = time.perf_counter()
            rows[name].tokens_per_step = run()
            rows[name].seconds.append(time.perf_counter() - started)
    total_s = CHUNK_S * N_CHUNKS
    print(
        f"\n| system | seconds for {total_s} s, median | rtf | tokens a step |\n|---|---|---|---|"
    )
    for name, row in rows.items():
        median = statistics.median(row.seconds)
        print(f"| {name} | {median:.1f} | {median / total_s:.4f} | {row.tokens_per_step:.2f} |")


def _chunks() -> list[Samples]:
    # It takes a second to import.
    import librosa

    samples, _ = librosa.load(default_recording().path, sr=_RATE, mono=True)
    length = CHUNK_S * _RATE
    return [samples[n * length : (n + 1) * length].astype(np.float32) for n in range(N_CHUNKS)]


def _ours(chunks: Sequence[Samples], threads: int) -> dict[str, Run]:
    base = Checkpoint("whisper-base", "bench", transformers_checkpoint())
    medium = Checkpoint("medium-synthetic", "bench", _transformers_medium())
    options = EngineOptions("cpu", threads, _CACHE / "engines")
    helper = load_engine("openvino", base, options)
    engine = load_engine("openvino", medium, replace(options, assistant=base))
    assert isinstance(helper, WhisperEngine)
    assert isinstance(engine, WhisperEngine)
    assert isinstance(engine.network, OpenVinoNetwork)
    assert engine.compute is not None
    print(f"Computes: {engine.compute.model_dump_json()}", flush=True)
    engine.network.max_positions = 2 * N_TOKENS
    n_proposed = engine.compute.draft_tokens or 5
    texts, _ = _written(engine.network, chunks, [None] * len(chunks))

    def with_drafts(right: float) -> float:
        helper.draft(chunks, OPTIONS)
        chance = random.Random(0)
        drafts = [Draft(_damaged(text, right, chance), n_proposed) for text in texts]
        written, n_steps = _written(engine.network, chunks, drafts)
        return sum(map(len, written)) / n_steps

    def without() -> float:
        _written(engine.network, chunks, [None] * len(chunks))
        return 1.0

    def only_drafts() -> float:
        helper.draft(chunks, OPTIONS)
        return 1.0

    return {
        "this engine, one token a step": without,
        **{
            f"drafts of {n_proposed} tokens a step, {right:.0%} right": lambda right=right: (
                with_drafts(right)
            )
            for right in RIGHT
        },
        "the drafts alone": only_drafts,
    }


def _written(
    network: OpenVinoNetwork, chunks: Sequence[Samples], drafts: Sequence[Draft | None]
) -> tuple[list[tuple[int, ...]], int]:
    """Return the tokens of each chunk, and the steps of all of them."""
    texts: list[tuple[int, ...]] = []
    n_steps = 0
    n_rows = network.max_rows(CHUNK_S)
    for first in range(0, len(chunks), n_rows):
        batch = slice(first, first + n_rows)
        outputs = network.encode(chunks[batch], full_context=False)
        encoded = [
            EncodedChunk(*of_chunk)
            for of_chunk in zip(chunks[batch], outputs, drafts[batch], strict=True)
        ]
        _, hypotheses = write(network, encoded, OPTIONS)
        texts += [text.tokens for text in hypotheses]
        n_steps += sum(text.n_steps for text in hypotheses)
    return texts, n_steps


def _damaged(text: tuple[int, ...], right: float, chance: random.Random) -> tuple[int, ...]:
    """Leave tokens out, replace them or add others, each as often."""
    draft: list[int] = []
    for token in text:
        if chance.random() < right:
            draft.append(token)
        else:
            draft += chance.choice([[], [chance.randrange(_COMMA, 50_000)], [token, _COMMA]])
    return tuple(draft)


def _ctranslate2(chunks: Sequence[Samples], threads: int) -> dict[str, Run]:
    """Return CTranslate2, the engine of faster-whisper, with the same weights in int8."""
    import ctranslate2
    from faster_whisper.feature_extractor import FeatureExtractor

    model = ctranslate2.models.Whisper(
        str(_ctranslate2_medium()), device="cpu", compute_type="int8", intra_threads=threads
    )
    extract = FeatureExtractor()
    start = [50_258, 50_263, 50_359, 50_363]

    def run(n_rows: int) -> float:
        for first in range(0, len(chunks), n_rows):
            features = np.stack(
                [extract(chunk)[:, :3000] for chunk in chunks[first : first + n_rows]]
            )
            padded = np.zeros((*features.shape[:2], 3000), np.float32)
            padded[..., : features.shape[2]] = features
            view = ctranslate2.StorageView.from_array(padded)
            model.generate(
                view,
                [start] * len(features),
                beam_size=1,
                max_length=len(start) + N_TOKENS,
                suppress_tokens=[50_257],
            )
        return 1.0

    return {
        "faster-whisper's engine, int8, one by one": lambda: run(1),
        f"faster-whisper's engine, int8, batches of {N_CHUNKS}": lambda: run(N_CHUNKS),
    }


def _transformers_medium() -> Path:
    folder = _CACHE / "medium-synthetic"
    if not folder.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        write_medium_checkpoint(folder, transformers_checkpoint(), _POSITIONS)
    return folder


def _ctranslate2_medium() -> Path:
    from ctranslate2.converters import TransformersConverter

    folder = _CACHE / "medium-synthetic-ct2"
    if not folder.exists():
        TransformersConverter(str(_transformers_medium())).convert(str(folder), quantization="int8")
    return folder
