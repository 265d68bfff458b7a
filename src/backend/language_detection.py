"""Detect the language of a recording without transcribing it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from anyio.to_thread import run_sync

from backend.llm_client import LlmClient
from backend.media_decoder import MediaDecoder
from backend.pipeline.chunk import Chunk, plan_chunks, quietest_point_of
from backend.pipeline.normalize import apply_gain, speech_gain_db
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.vad import SpeechDetector
from backend.storage.work_folder import WorkFolder
from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, NormalizationOptions
from contracts.options import DETECTION

SEARCHED_S = 600.0
"""Seconds from the start in which speech is looked for: films begin with music."""

_NORMALIZATION = NormalizationOptions.model_validate({})


class LanguageDetector:
    """Asks the llm for the language of a recording's first chunk with speech.

    One recording is decoded at a time, to leave cores for jobs.
    """

    def __init__(self, decoder: MediaDecoder, work: WorkFolder, llm: LlmClient) -> None:
        self._decoder = decoder
        self._work = work
        self._llm = llm
        self._detector = SpeechDetector()
        self._decode_slot = asyncio.Semaphore(1)

    async def detect(self, path: Path) -> tuple[str, float]:
        """Return a recording's language and its probability, and remove the file.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError,
            TooLongError, DecoderCrashedError, DecodingLimitError, DiskFullError: as
                `MediaDecoder` raises them.
            LlmFailedError: the llm failed on it.
        """
        target = self._work.path_for_new_file()
        try:
            async with self._decode_slot:
                media = await self._decoder.probe(path)
                decoded = await self._decoder.decode(path, media, target, first_s=SEARCHED_S)
                pcm = await run_sync(self._first_speech, decoded.recording)
        finally:
            _unlink(path)
            _unlink(target)
        transcript = await self._llm.transcribe(pcm, DETECTION)
        return transcript.language, transcript.language_probability

    def _first_speech(self, recording: PcmRecording) -> bytes:
        """Return the first chunk with speech as s16le; without speech, the recording's start."""
        n_samples = min(recording.n_samples, round(SEARCHED_S * SAMPLE_RATE))
        recording = replace(recording, n_samples=n_samples)
        spans = self._detector.find_speech(recording)
        start = Chunk(0, min(n_samples, round(MAX_CHUNK_S * SAMPLE_RATE)))
        chunks = plan_chunks(spans, n_samples, MAX_CHUNK_S, quietest_point_of(recording))
        first = chunks[0] if chunks else start
        gain_db = speech_gain_db(recording, spans, _NORMALIZATION)
        return to_s16le(apply_gain(recording.read(first.start, first.end), gain_db))


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
