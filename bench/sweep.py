"""Compare settings of the engine: `make sweep SWEEP_ARGS="RECORDING …"`.

Each row changes one setting. The engine runs whisper-base in this process, without the services;
word errors are counted over all recordings together.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import jiwer

from bench.checkpoints import transformers_checkpoint
from bench.default_recording import default_recording
from bench.machine import n_cores, this_machine
from bench.pipeline_chunks import prepare
from bench.recordings import Recording, with_reference
from bench.words import plain_words
from contracts.options import TranscribeOptions
from llm.engines.openvino import network
from llm.engines.protocol import Checkpoint, ComputeType, EngineOptions
from llm.engines.registry import load_engine


@dataclass(frozen=True)
class Setting:
    """One point of the sweep."""

    chunk_length_s: float = field(default_factory=lambda: TranscribeOptions().chunk_length_s)
    margin_s: float = network.CONTEXT_MARGIN_S
    batch_size: int = 16
    threads: int = field(default_factory=n_cores)
    compute_type: ComputeType = ComputeType.AUTO
    beam_size: int = 1


def settings(default: Setting) -> list[Setting]:
    """Return the default, then each setting that differs from it in one field."""
    others: dict[str, Sequence[float | ComputeType]] = {
        "chunk_length_s": (5.0, 10.0, 15.0, 20.0, 25.0, 28.0, 30.0),
        "margin_s": (1.0, 2.0, 3.0, 5.0, 30.0),
        "batch_size": (1, 2, 4, 8, 16, 32),
        "threads": range(1, n_cores() + 1),
        "compute_type": (ComputeType.INT8, ComputeType.FP32),
        "beam_size": (1, 5),
    }
    changed = [
        replace(default, **{name: value}) for name, values in others.items() for value in values
    ]
    return [default, *(one for one in dict.fromkeys(changed) if one != default)]


def main() -> None:
    """Print one row per setting."""
    parser = argparse.ArgumentParser(prog="sweep", description=__doc__)
    parser.add_argument("recordings", nargs="*", type=Path, metavar="RECORDING")
    parser.add_argument("--only", nargs="*", metavar="FIELD", help="vary only these fields")
    arguments = parser.parse_args()
    recordings = [with_reference(path) for path in arguments.recordings] or [default_recording()]
    default = Setting()
    print(this_machine().describe(default.threads) + "\n")
    print("| setting | rtf | WER % | substituted | deleted | inserted |\n|---|---|---|---|---|---|")
    with TemporaryDirectory() as cache:
        for setting in settings(default):
            label = _difference(setting, default)
            if not arguments.only or not label or label.split("=")[0] in arguments.only:
                _measure(setting, recordings, Path(cache), label or "default")


def _difference(setting: Setting, default: Setting) -> str:
    pairs = zip(vars(setting).items(), vars(default).values(), strict=True)
    return ", ".join(f"{name}={value}" for (name, value), usual in pairs if value != usual)


def _measure(setting: Setting, recordings: Sequence[Recording], cache: Path, label: str) -> None:
    network.CONTEXT_MARGIN_S = setting.margin_s
    checkpoint = Checkpoint("embedded/whisper-base", "bench", transformers_checkpoint())
    engine = load_engine(
        "openvino",
        checkpoint,
        EngineOptions("cpu", setting.threads, cache, setting.compute_type),
    )
    options = TranscribeOptions(chunk_length_s=setting.chunk_length_s, beam_size=setting.beam_size)
    references: list[str] = []
    texts: list[str] = []
    seconds = 0.0
    for recording in recordings:
        chunks = prepare(recording.path, options).chunks
        started = time.perf_counter()
        results = [
            result
            for first in range(0, len(chunks), setting.batch_size)
            for result in engine.transcribe(
                chunks[first : first + setting.batch_size], options.decoding()
            )
        ]
        seconds += time.perf_counter() - started
        references.append(plain_words(recording.text))
        texts.append(plain_words(" ".join(s.text for r in results for s in r.segments)))
    engine.close()
    words = jiwer.process_words(references, texts)
    rtf = seconds / sum(recording.duration_s for recording in recordings)
    print(
        f"| {label} | {rtf:.4f} | {100 * words.wer:.2f} | {words.substitutions} "
        f"| {words.deletions} | {words.insertions} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
