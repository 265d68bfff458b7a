"""Answer requests for voices, in the thread that runs the speech model."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from contracts.audio import SAMPLE_RATE
from contracts.speakers import SpeakerSegmentation
from llm.batching import RETRY_AFTER_S
from llm.engines.protocol import CheckpointError, Samples
from llm.errors import InferenceFailedError, OverloadedError
from llm.metrics import InferenceMetrics, TaskMetrics
from llm.speakers.voices import VoiceFinder

log = structlog.get_logger()


class SpeakerSegmenter:
    """Loads the networks at the first request, and runs one request at a time.

    Args:
        load: loads the networks; blocks.
        thread: the single worker that all inference shares, so that requests and batches of
            chunks take turns.
        metrics: updated after each request.
        queue_size: most requests that wait.
    """

    def __init__(
        self,
        load: Callable[[], VoiceFinder],
        thread: ThreadPoolExecutor,
        metrics: InferenceMetrics,
        queue_size: int,
    ) -> None:
        self._load = load
        self._thread = thread
        self._queue_size = queue_size
        self._n_requests = 0
        self._metrics = TaskMetrics(metrics, "segment_speakers", lambda: self._n_requests)
        self._loading: asyncio.Task[VoiceFinder] | None = None

    async def segment(self, samples: Samples) -> SpeakerSegmentation:
        """Return the voices in a stretch of audio.

        Raises:
            OverloadedError: too many requests are waiting.
            InferenceFailedError: the networks cannot be loaded, or they failed.
        """
        if self._n_requests >= self._queue_size:
            self._metrics.count("refused")
            raise OverloadedError(
                f"The queue is full: {self._queue_size} requests are waiting.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._n_requests += 1
        arrived = time.perf_counter()
        try:
            finder = await self._loaded()
            found = await asyncio.get_running_loop().run_in_executor(
                self._thread, finder.find, samples
            )
        except asyncio.CancelledError:
            self._metrics.count("abandoned")
            raise
        except CheckpointError as error:
            self._metrics.count("failed")
            log.warning("speaker_networks_failed", reason=str(error))
            raise InferenceFailedError(str(error)) from error
        except Exception as error:
            self._metrics.count("failed")
            log.exception("speaker_segmentation_failed")
            raise InferenceFailedError("The speaker networks failed on this audio.") from error
        finally:
            self._n_requests -= 1
        audio_s = len(samples) / SAMPLE_RATE
        queue_s = time.perf_counter() - arrived - found.inference_s
        self._metrics.observe_batch([queue_s], audio_s=audio_s, inference_s=found.inference_s)
        log.info(
            "speaker_segmentation_finished",
            audio_s=round(audio_s, 3),
            inference_s=found.inference_s,
            n_turns=len(found.turns),
        )
        return found

    async def _loaded(self) -> VoiceFinder:
        """Return the networks; all requests share one loading, also if the first client leaves.

        A second loading beside it would convert them twice.
        """
        if self._loading is None or _has_failed(self._loading):
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        return await asyncio.shield(self._loading)


def _has_failed(task: asyncio.Task[VoiceFinder]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
