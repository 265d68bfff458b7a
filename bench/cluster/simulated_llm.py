"""The llm with an engine that only sleeps, for as long as a batch takes by the measurements.

As the plain service:  `LLM_PORT=4321 PYTHONPATH=src:. python -m bench.cluster.simulated_llm`
On Ray Serve:          `runners/run_llm_ray.sh bench/cluster/simulated.yaml`

Everything but the model is real: HTTP, queues, batches and the routing between replicas.
"""

import hashlib
import os
import time
from collections.abc import Sequence

from bench.cluster.parameters import Cluster, ServiceTimes
from bench.cluster.simulation import batch_s
from contracts.audio import SAMPLE_RATE
from contracts.models import ModelCapabilities, ModelIdentity
from contracts.options import ChunkOptions
from contracts.transcription import ChunkSegment
from llm.__main__ import main
from llm.batching import MAX_BATCH_AUDIO_S
from llm.engines.protocol import (
    BetweenSteps,
    Checkpoint,
    ChunkResult,
    EngineOptions,
    Samples,
    do_nothing,
)
from llm.engines.registry import ENGINES

_START_S = 0.2
_N_TIMES = 5
"""Enough words for the speech of a chunk: a text with too few would be asked for again."""


class SleepingEngine:
    """Returns one segment for each chunk, after the time that a batch takes on two cores."""

    compute = None
    parallel_audio_s = MAX_BATCH_AUDIO_S
    capabilities = ModelCapabilities(
        languages=["ru"],
        detects_language=True,
        punctuation=True,
        translate=False,
        prompt=True,
        beam_search=True,
        temperature=True,
        max_chunk_s=30.0,
    )

    def __init__(self, name: str) -> None:
        self.identity = ModelIdentity(name=name, revision="0", engine="sleeping", device="cpu")

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        """Sleep, then return a text with the digest of each chunk."""
        lengths = [len(chunk) / SAMPLE_RATE for chunk in chunks]
        time.sleep(batch_s(lengths, Cluster(), ServiceTimes()))
        return [_result(chunk, options.language) for chunk in chunks]

    def close(self) -> None:
        """Hold nothing."""


def _result(chunk: Samples, language: str) -> ChunkResult:
    length_s = len(chunk) / SAMPLE_RATE
    digest = hashlib.sha256(chunk.tobytes()).hexdigest()[:16]
    segment = ChunkSegment(
        start=min(_START_S, length_s),
        end=length_s,
        text=f"слово {digest} за слово " * _N_TIMES,
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        compression_ratio=1.0,
    )
    return ChunkResult(language=language, language_probability=1.0, segments=[segment])


def load(checkpoint: Checkpoint, options: EngineOptions) -> SleepingEngine:
    """Load nothing."""
    return SleepingEngine(checkpoint.name)


ENGINES["sleeping"] = "bench.cluster.simulated_llm:load"
os.environ |= {
    "LLM_ENGINE": "sleeping",
    "LLM_MODEL": "embedded/whisper-base",
    "LLM_FALLBACK_MODEL": "",
}

if __name__ == "__main__":
    main()
