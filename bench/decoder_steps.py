"""Measure one step of the decoder by the type of its keys and values, and by rows.

`PYTHONPATH=src python -m bench.decoder_steps`
"""

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import openvino as ov

from bench.checkpoints import transformers_checkpoint
from bench.machine import n_cores, this_machine
from llm.engines.openvino.compilation import compile_decoder, new_core
from llm.engines.openvino.cross_attention_cache import CacheType, CrossAttentionCache
from llm.engines.openvino.graphs import Dimensions, GraphBuilder
from llm.engines.openvino.network import DecoderState
from llm.engines.openvino.weights import CheckpointWeights
from llm.engines.protocol import ComputeType
from llm.engines.whisper.vocabulary import GenerationSettings

_STEPS, _WARM_STEPS = 40, 5


def main() -> None:
    """Print the milliseconds of a step of whisper-base in windows of 30 s."""
    parser = argparse.ArgumentParser(prog="decoder_steps", description=__doc__)
    parser.add_argument("--rows", nargs="*", type=int, default=[1, 5, 16])
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    core = new_core(arguments.threads)
    sizes = Dimensions.of(transformers_checkpoint())
    decoders = {cache_type: _compile(core, sizes, cache_type) for cache_type in CacheType}
    print(this_machine().describe(arguments.threads))
    print("\n| rows | keys and values | ms a step, median | least |\n|---|---|---|---|")
    for n_rows in arguments.rows:
        states = {
            cache_type: DecoderState(decoder, _random_cache(sizes, n_rows, cache_type))
            for cache_type, decoder in decoders.items()
        }
        for cache_type, milliseconds in _interleaved_ms(states, n_rows).items():
            median, least = statistics.median(milliseconds), min(milliseconds)
            print(f"| {n_rows} | {cache_type.name.lower()} | {median:.1f} | {least:.1f} |")


def _compile(core: ov.Core, sizes: Dimensions, cache_type: CacheType) -> ov.CompiledModel:
    checkpoint = transformers_checkpoint()
    weights = CheckpointWeights(checkpoint)
    builder = GraphBuilder(weights.__getitem__, sizes, int8=True, cache_type=cache_type.element)
    settings = GenerationSettings(checkpoint, sizes.decoder_layers, sizes.decoder_heads)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "decoder.xml"
        ov.save_model(builder.decoder(settings.alignment_heads), path, compress_to_fp16=False)
        return compile_decoder(core, path, ComputeType.INT8)


def _random_cache(sizes: Dimensions, n_rows: int, cache_type: CacheType) -> CrossAttentionCache:
    n_elements = CrossAttentionCache.n_elements(sizes, n_rows, sizes.max_frames)
    floats = np.random.default_rng(0).standard_normal(n_elements, np.float32)
    block = floats if cache_type is CacheType.FP32 else (floats.view(np.uint32) >> 16)
    return CrossAttentionCache.in_block(
        block.astype(cache_type.storage), sizes, [sizes.max_frames] * n_rows, cache_type
    )


def _interleaved_ms(
    states: dict[CacheType, DecoderState], n_rows: int
) -> dict[CacheType, list[float]]:
    """Return the milliseconds of each step; the types take turns, since a machine drifts."""
    milliseconds: dict[CacheType, list[float]] = {cache_type: [] for cache_type in states}
    for step in range(_WARM_STEPS + _STEPS):
        for cache_type, state in states.items():
            started = time.perf_counter()
            state.advance(np.full((n_rows, 1), 100 + step))
            if step >= _WARM_STEPS:
                milliseconds[cache_type].append(1000 * (time.perf_counter() - started))
    return milliseconds


if __name__ == "__main__":
    main()
