"""Show what the quality checks measure on real speech and on loops, by script.

`PYTHONPATH=src python -m bench.quality_checks MANIFEST [--every N]`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, `language` and `text`.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.checkpoints import embedded_engine
from bench.machine import n_cores
from bench.pipeline_chunks import prepare
from contracts.options import TranscribeOptions
from contracts.transcription import QualityIssue
from llm.engines.compression import compression_ratio
from llm.engines.whisper.attempt import Attempt, EncodedChunk, decode
from llm.engines.whisper.engine import WhisperEngine
from llm.engines.whisper.quality_checks import is_loop
from llm.engines.whisper.scripts import scripts_of

_TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_PERCENTILES = (1, 50, 99, 100)
_PHRASE_WORDS = (1, 3, 6)
_LOOP_CHARACTERS = 300
"""Text of about 20 s."""

Rows = dict[str, list[float]]


def main() -> None:
    """Print the distributions of texts, then those of attempts at each temperature."""
    parser = argparse.ArgumentParser(prog="quality_checks", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--every", type=int, default=1, help="decode each N-th recording only")
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    lines = arguments.manifest.read_text(encoding="utf-8").splitlines()
    recordings = [json.loads(line) for line in lines]
    _print_ratios(recordings)
    with embedded_engine(arguments.threads) as engine:
        assert isinstance(engine, WhisperEngine)
        _print_attempts(engine, arguments.manifest.parent, recordings[:: arguments.every])


def _print_ratios(recordings: Sequence[dict[str, Any]]) -> None:
    """Print the compression ratios of the references in passages, and of loops made of them."""
    texts = {(one["language"], one["text"]) for one in recordings}
    speech, loops, n_found = defaultdict[str, list[float]](list), Rows(), Rows()
    for _, text in sorted(texts):
        script = "+".join(sorted(scripts_of(text)))
        for passage in _passages(text):
            speech[script].append(compression_ratio(passage))
            n_found.setdefault(f"speech, {script}", []).append(is_loop(passage))
        for n in _PHRASE_WORDS:
            phrase = " ".join(text.split()[:n]) + " "
            loop = phrase * max(4, _LOOP_CHARACTERS // len(phrase))
            loops.setdefault(f"{script}, {n} words", []).append(compression_ratio(loop))
            n_found.setdefault(f"loops, {script}", []).append(is_loop(loop))
    _print_table("compression ratio of speech", speech)
    _print_table("compression ratio of loops", loops)
    print("\n| found to be a loop | % |\n|---|---|")
    for name, found in n_found.items():
        print(f"| {name} ({len(found)}) | {100 * np.mean(found):.1f} |")


def _passages(text: str) -> Iterator[str]:
    """Cut a text into passages of about a chunk; shorter ones stay whole."""
    words = text.split()
    n_words = max(1, round(len(words) * _LOOP_CHARACTERS / max(len(text), 1)))
    for first in range(0, len(words), n_words):
        yield " ".join(words[first : first + n_words])


def _print_attempts(
    engine: WhisperEngine, folder: Path, recordings: Sequence[dict[str, Any]]
) -> None:
    """Print log-probabilities by script, and how much each temperature loses of the greedy one."""
    by_script, losses, issues = Rows(), Rows(), defaultdict[float, list[QualityIssue]](list)
    for one in recordings:
        options = TranscribeOptions(language=one["language"])
        for chunk in prepare(folder / one["file"], options).chunks:
            encoder_outputs = engine.network.encode([chunk], full_context=True)
            encoded = [EncodedChunk(chunk, encoder_outputs[0])]
            attempts: list[Attempt] = []
            for temperature in _TEMPERATURES:
                warmer = options.decoding().model_copy(update={"temperature": temperature})
                attempts += decode(engine.network, encoded, warmer)
            script = "+".join(sorted(scripts_of(one["text"])))
            by_script.setdefault(script, []).append(attempts[0].avg_logprob)
            for attempt in attempts:
                loss = attempts[0].avg_logprob - attempt.avg_logprob
                losses.setdefault(f"at {attempt.temperature}", []).append(loss)
                issues[attempt.temperature] += attempt.quality_issues
    _print_table("mean log-probability at temperature 0", by_script)
    _print_table("loss of mean log-probability", losses)
    print("\n| temperature | " + " | ".join(QualityIssue) + " |\n" + "|---" * 6 + "|")
    for temperature in _TEMPERATURES:
        counts = (str(issues[temperature].count(issue)) for issue in QualityIssue)
        print(f"| {temperature} | " + " | ".join(counts) + " |")


def _print_table(title: str, rows: Rows) -> None:
    print(f"\n| {title} | n | " + " | ".join(f"p{p}" for p in _PERCENTILES) + " |")
    print("|---" * (2 + len(_PERCENTILES)) + "|")
    for name, values in rows.items():
        figures = (f"{value:.2f}" for value in np.percentile(values, _PERCENTILES))
        print(f"| {name} | {len(values)} | " + " | ".join(figures) + " |")


if __name__ == "__main__":
    main()
