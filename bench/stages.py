"""Measure the seconds of each stage, and the least that this machine could need.

`PYTHONPATH=src python -m bench.stages [RECORDING]`
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as op

from backend.pipeline.warm_up import warm_up
from bench.checkpoints import transformers_checkpoint
from bench.default_recording import default_recording
from bench.machine import n_cores, this_machine
from bench.pipeline_chunks import Stopwatch, prepare
from bench.recordings import with_reference
from contracts.options import TranscribeOptions
from llm.engines.openvino import network
from llm.engines.openvino.compilation import has_bf16, has_vnni
from llm.engines.openvino.features import LogMelSpectrogram
from llm.engines.openvino.graphs import Dimensions
from llm.engines.protocol import Checkpoint, EngineOptions
from llm.engines.registry import load_engine
from llm.engines.whisper import alignment, attempt

_ROWS, _WIDTH, _WIDER = 1500, 512, 2048
_ROUNDS = 9


def main() -> None:
    """Print the seconds of each stage, then the lower bounds."""
    parser = argparse.ArgumentParser(prog="stages", description=__doc__)
    parser.add_argument("recording", nargs="?", type=Path)
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    recording = with_reference(arguments.recording) if arguments.recording else default_recording()
    options = TranscribeOptions()
    warm_up()  # the backend does this at its start
    prepared = prepare(recording.path, options)
    with TemporaryDirectory() as cache:
        model = load_engine(
            "openvino",
            Checkpoint("embedded/whisper-base", "bench", transformers_checkpoint()),
            EngineOptions("cpu", arguments.threads, Path(cache)),
        )
        model.transcribe(prepared.chunks[:2], options.decoding())
        probe = _EngineProbe()
        started = time.perf_counter()
        for first in range(0, len(prepared.chunks), 16):
            model.transcribe(prepared.chunks[first : first + 16], options.decoding())
        whole_s = time.perf_counter() - started
    stages = {**prepared.stages_s, **probe.stages_s}
    stages["choose tokens, words, segments and the rest"] = whole_s - sum(probe.stages_s.values())
    total_s = sum(stages.values())
    print(this_machine().describe(arguments.threads))
    print(f"{recording.path.name}: {recording.duration_s:.0f} s, {len(prepared.chunks)} chunks\n")
    print("| stage | seconds | share |\n|---|---|---|")
    for name, seconds in stages.items():
        print(f"| {name} | {seconds:.2f} | {100 * seconds / total_s:.1f} % |")
    print(f"| total | {total_s:.2f} | rtf {total_s / recording.duration_s:.4f} |\n")
    _print_lower_bounds(probe, arguments.threads)


class _EngineProbe:
    """Time the parts of the engine and count their work."""

    def __init__(self) -> None:
        self.stages_s: dict[str, float] = {}
        self.frames: list[int] = []
        self.n_steps = 0
        self.n_tokens = 0
        self.cross_bytes = 0
        self._watch(LogMelSpectrogram, "__call__", "features", self._note_nothing)
        self._watch(network.OpenVinoNetwork, "encode", "encoder", self._note_encoded)
        self._watch(network.OpenVinoNetwork, "attention", "align words", self._note_nothing)
        self._watch(network.DecoderState, "advance", "decoder", self._note_step)
        original = alignment.token_times
        attempt.token_times = self._timed(original, "align words", self._note_nothing)

    def _watch(self, owner: type, method: str, stage: str, note: Callable[..., None]) -> None:
        setattr(owner, method, self._timed(getattr(owner, method), stage, note))

    def _timed(
        self, original: Callable[..., Any], stage: str, note: Callable[..., None]
    ) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            inner = sum(self.stages_s.values())
            watch = Stopwatch()
            result = original(*args, **kwargs)
            watch.lap(stage)
            nested = sum(self.stages_s.values()) - inner
            self.stages_s[stage] = self.stages_s.get(stage, 0.0) + watch.laps_s[stage] - nested
            note(*args, result)
            return result

        return timed

    def _note_nothing(self, *_: Any) -> None: ...

    def _note_encoded(self, _network: Any, _chunks: Any, encoder_outputs: list[Any]) -> None:
        self.frames += [round(one.context_s / alignment.FRAME_S) for one in encoder_outputs]

    def _note_step(self, state: Any, tokens: Any, _logits: Any) -> None:
        self.n_steps += 1
        self.n_tokens += tokens.size
        self.cross_bytes += sum(array.nbytes for array in state._cache.arrays.values())  # noqa: SLF001


def _print_lower_bounds(probe: _EngineProbe, threads: int) -> None:
    sizes = Dimensions.of(transformers_checkpoint())
    matrices_flops = sum(_matrices_flops(sizes, n) for n in probe.frames)
    attention_flops = sum(_attention_flops(sizes, n) for n in probe.frames)
    token_flops = 2 * (14 * sizes.decoder_layers * sizes.width**2 + sizes.vocab_size * sizes.width)
    decoder_flops = probe.n_tokens * token_flops
    weights_bytes = probe.n_steps * token_flops // 2
    read_bytes = weights_bytes + probe.cross_bytes
    rates = _flops_per_s(threads)
    bytes_per_s = _bytes_per_s(threads)
    measured = ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in rates.items())
    print(f"measured: {measured}, memory {bytes_per_s / 1e9:.1f} GB/s\n")
    print("| part | work | lower bound | measured | reached |\n|---|---|---|---|---|")
    fastest = max(rates.values())
    floats = max(rate for name, rate in rates.items() if name != "int8")
    for name, work, best_s, stage in (
        (
            "encoder",
            f"{(matrices_flops + attention_flops) / 1e9:.0f} GFLOP",
            matrices_flops / fastest + attention_flops / floats,
            "encoder",
        ),
        (
            "decoder",
            f"{decoder_flops / 1e9:.0f} GFLOP, {read_bytes / 1e9:.0f} GB",
            max(decoder_flops / rates["fp32"], weights_bytes / bytes_per_s)
            + probe.cross_bytes / bytes_per_s,
            "decoder",
        ),
    ):
        measured_s = probe.stages_s[stage]
        print(
            f"| {name} | {work} | {best_s:.2f} s | {measured_s:.2f} s "
            f"| {100 * best_s / measured_s:.0f} % |"
        )


def _matrices_flops(sizes: Dimensions, n_frames: int) -> int:
    matrices = 12 * sizes.encoder_layers * sizes.width**2
    cross = 2 * sizes.decoder_layers * sizes.width**2
    convolutions = 3 * sizes.width * (2 * sizes.n_mels + sizes.width)
    return 2 * n_frames * (matrices + cross + convolutions)


def _attention_flops(sizes: Dimensions, n_frames: int) -> int:
    return 4 * n_frames * sizes.encoder_layers * n_frames * sizes.width


def _flops_per_s(threads: int) -> dict[str, float]:
    """Measure products of the encoder's size in each type that the processor multiplies."""
    core = ov.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1})
    x = op.parameter([_ROWS, _WIDTH], np.float32)
    weights = op.constant(np.ones((_WIDER, _WIDTH), np.float32))
    rates = {"fp32": _rate(core, x, x, weights, "f32")}
    if has_bf16(core):
        rates["bf16"] = _rate(core, x, x, weights, "bf16")
    if has_vnni():
        low, high = np.float32(-128 / 127), np.float32(1)
        rounded = op.fake_quantize(x, low, high, low, high, 256)
        int8_weights = op.convert(op.constant(np.ones((_WIDER, _WIDTH), np.int8)), np.float32)
        scaled = op.multiply(int8_weights, op.constant(np.ones((_WIDER, 1), np.float32)))
        rates["int8"] = _rate(core, x, rounded, scaled, "bf16" if has_bf16(core) else "f32")
    return rates


def _rate(core: ov.Core, x: ov.Node, factor: ov.Node, weights: ov.Node, hint: str) -> float:
    model = ov.Model([op.matmul(factor, weights, False, True)], [x], "matmul")
    request = core.compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": hint}
    ).create_infer_request()
    request.set_input_tensor(ov.Tensor(np.ones((_ROWS, _WIDTH), np.float32)))
    return 2 * _ROWS * _WIDTH * _WIDER / _median_s(request.infer)


def _bytes_per_s(threads: int) -> float:
    torch.set_num_threads(threads)
    block = torch.ones(64 * 2**20)
    return block.nbytes / _median_s(block.sum)


def _median_s(work: Callable[[], Any]) -> float:
    seconds: list[float] = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
