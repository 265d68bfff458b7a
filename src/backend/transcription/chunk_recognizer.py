"""Recognize the speech of a chunk: all of it, in its own languages.

The llm decodes the chunk as a whole. Speech that gets no words is cut out and decoded again by
itself, with its own loudness and language, and the text that covers more of it is kept.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from math import ceil

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from backend.errors import LlmFailedError
from backend.llm_client import LlmClient
from backend.pipeline.coverage import uncovered_speech, words_of
from backend.pipeline.regions import padded, shifted, utterances
from backend.pipeline.spans import TimeSpan
from backend.readable.punctuation import lacks_punctuation, with_punctuation
from backend.transcription.chunk_audio import ChunkAudio
from backend.transcription.chunk_window import MIN_GAIN_S, ChunkWindow, SpeechPiece
from contracts.audio import SAMPLE_RATE
from contracts.languages import AUTO_LANGUAGE
from contracts.options import DETECTION, DecodingOptions
from contracts.routing import Route
from contracts.spacing import join_texts
from contracts.transcription import (
    ChunkSegment,
    ChunkTimings,
    ChunkTranscript,
    RecognizedChunk,
)

log = structlog.get_logger()

RECOGNITION_VERSION = 3
"""Raise it when the same audio gives another text or other probabilities: stored ones are then
made again."""

MAX_PIECES = 12
"""Most pieces of a window to decode again, halves included."""

SURE_PROBABILITY = 0.85
"""Probability of a language from which it is not a guess."""

_EDGE_S = 0.1
"""A first word that begins within this time of a window's start may begin before it."""


class ChunkRecognizer:
    """Recognizes one chunk with the llm.

    Args:
        route: the models that the transcript is expected of.
        cut_limiter: bounds the threads that cut and normalise audio.

    Attributes:
        inference_s: the model's own seconds, of all requests together.
    """

    def __init__(self, llm: LlmClient, route: Route, cut_limiter: CapacityLimiter) -> None:
        self._llm = llm
        self._route = route
        self._cut_limiter = cut_limiter
        self.inference_s = 0.0

    async def recognize(self, audio: ChunkAudio, options: DecodingOptions) -> RecognizedChunk:
        """Return the text of a chunk, and what became of speech without words.

        Raises:
            LlmFailedError: the llm failed on the chunk as a whole.
        """
        parts = await self._by_language(audio, options)
        windows = await asyncio.gather(*(self._recognize_window(*part) for part in parts))
        await asyncio.gather(*map(self._punctuate, windows))
        return self._joined(audio, windows)

    async def _by_language(
        self, audio: ChunkAudio, options: DecodingOptions
    ) -> list[tuple[ChunkAudio, DecodingOptions]]:
        """Divide a chunk where its language changes; all of it is one part if it does not."""
        spoken = utterances(audio.speech())
        if options.language != AUTO_LANGUAGE or len(spoken) < 2:
            return [(audio, options)]
        detected = await asyncio.gather(*(self._language(audio.between(each)) for each in spoken))
        languages = _without_gaps(detected)
        runs = [
            (language, [each for _, each in run])
            for language, run in groupby(
                zip(languages, spoken, strict=True), key=lambda pair: pair[0]
            )
        ]
        pauses = [(a[1][-1].end + b[1][0].start) / 2 for a, b in pairwise(runs)]
        edges = pairwise([0.0, *pauses, audio.duration_s])
        return [
            (audio.between(TimeSpan(*edge)), self._in_language(options, language))
            for edge, (language, _) in zip(edges, runs, strict=True)
        ]

    async def _language(self, audio: ChunkAudio) -> str | None:
        """Return the language of a part, or None if the model is not sure."""
        pcm = await run_sync(audio.pcm_by_itself, limiter=self._cut_limiter)
        found = await self._ask(pcm, DETECTION)
        return found.language if found.language_probability >= SURE_PROBABILITY else None

    async def _recognize_window(self, audio: ChunkAudio, options: DecodingOptions) -> ChunkWindow:
        window = await self._first_pass(audio, options)
        pieces = window.pieces()
        n_left = MAX_PIECES
        while pieces and n_left > 0:
            pieces, n_left = pieces[:n_left], n_left - len(pieces)
            transcripts = await asyncio.gather(
                *(self._recognize_piece(window, piece, options) for piece in pieces)
            )
            for piece, again in zip(pieces, transcripts, strict=True):
                if again is not None:
                    window.improve(piece, *again)
            pieces = [half for piece in pieces for half in window.halves(piece)]
        if n_left < MAX_PIECES:
            log.info(
                "speech_decoded_again",
                n_pieces=MAX_PIECES - max(n_left, 0),
                n_kept=len(window.decoded_again),
            )
        return window

    async def _first_pass(self, audio: ChunkAudio, options: DecodingOptions) -> ChunkWindow:
        """Decode a window as a whole, with audio before it if its first word may begin there."""
        window = await self._decode(audio, options)
        earlier = audio.with_lead()
        if earlier is None or not _begins_at_edge(window.segments):
            return window
        try:
            longer = await self._decode(earlier, options)
        except LlmFailedError:
            return window
        return longer if _is_better(longer, window) else window

    async def _decode(self, audio: ChunkAudio, options: DecodingOptions) -> ChunkWindow:
        pcm = await run_sync(lambda: audio.pcm, limiter=self._cut_limiter)
        transcript = await self._ask(pcm, options)
        return ChunkWindow(audio, transcript, list(transcript.segments))

    async def _recognize_piece(
        self, window: ChunkWindow, piece: SpeechPiece, options: DecodingOptions
    ) -> tuple[ChunkTranscript, list[ChunkSegment]] | None:
        """Return the transcript of a piece; None if the llm failed or changed its model."""
        span = padded(piece.speech, window.speech, window.audio.duration_s)
        audio = window.audio.between(span)
        try:
            language = options.language
            if language == AUTO_LANGUAGE:
                language = await self._language(audio) or window.transcript.language
            pcm = await run_sync(audio.pcm_by_itself, limiter=self._cut_limiter)
            transcript = await self._ask(pcm, self._in_language(options, language))
        except LlmFailedError:
            return None
        models = (transcript.model, window.transcript.model)
        if models[0] != models[1] and not all(map(self._route.includes, models)):
            return None
        return transcript, shifted(transcript.segments, span.start)

    async def _punctuate(self, window: ChunkWindow) -> None:
        """Add marks and capitals to a window's words if the model wrote none."""
        words = words_of(window.segments)
        if not lacks_punctuation(words):
            return
        language = window.transcript.language
        pcm = await run_sync(lambda: window.audio.pcm, limiter=self._cut_limiter)
        try:
            punctuated = await self._llm.punctuate(pcm, [word.word for word in words], language)
            window.segments = with_punctuation(window.segments, punctuated)
        except (LlmFailedError, ValueError) as error:
            log.warning("punctuation_failed", cause=type(error).__name__)
            window.punctuation_failed = True

    def _in_language(self, options: DecodingOptions, language: str) -> DecodingOptions:
        recognised = self._route.recognised_language(language, options.model)
        return options.model_copy(update={"language": recognised})

    async def _ask(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        transcript = await self._llm.transcribe(pcm, options)
        self.inference_s += transcript.timings.inference_s / transcript.timings.batch_size
        return transcript

    def _joined(self, chunk: ChunkAudio, windows: Sequence[ChunkWindow]) -> RecognizedChunk:
        """Return the windows of a chunk as one, on the clock of the first."""
        first = windows[0]
        origin = first.audio.window.start
        offsets_s = [(each.audio.window.start - origin) / SAMPLE_RATE for each in windows]
        segments = [
            segment
            for each, offset_s in zip(windows, offsets_s, strict=True)
            for segment in shifted(each.segments, offset_s)
        ]
        seconds, detected = Counter[str](), Counter[str]()
        for each in windows:
            seconds[each.transcript.language] += ceil(each.audio.duration_s)
            if sounds_like := _sure_language(each.transcript):
                detected[sounds_like] += ceil(each.audio.duration_s)
        transcript = first.transcript
        return RecognizedChunk(
            text=join_texts(segment.text for segment in segments),
            language=seconds.most_common(1)[0][0],
            language_probability=transcript.language_probability,
            detected_language=transcript.detected_language,
            detected_language_probability=transcript.detected_language_probability,
            duration_s=chunk.duration_s,
            segments=segments,
            attempts=transcript.attempts,
            hallucination_suppressed=transcript.hallucination_suppressed,
            model=transcript.model,
            timings=ChunkTimings(
                queue_s=transcript.timings.queue_s,
                inference_s=round(self.inference_s, 4),
                batch_size=1,
            ),
            lead_s=(chunk.window.start - origin) / SAMPLE_RATE,
            seconds_by_language=dict(seconds),
            seconds_by_detected_language=dict(detected),
            report=[
                item.model_copy(update={"start": item.start + offset_s, "end": item.end + offset_s})
                for each, offset_s in zip(windows, offsets_s, strict=True)
                for item in each.report()
            ],
            punctuation_failed=any(each.punctuation_failed for each in windows),
        )


def _sure_language(transcript: ChunkTranscript) -> str | None:
    is_sure = transcript.detected_language_probability >= SURE_PROBABILITY
    return transcript.detected_language if is_sure else None


def _without_gaps(detected: Sequence[str | None]) -> list[str]:
    """Give each part without a sure language that of the part before it, or of the first sure."""
    language = next(filter(None, detected), AUTO_LANGUAGE)
    filled: list[str] = []
    for each in detected:
        language = each or language
        filled.append(language)
    return filled


def _begins_at_edge(segments: Sequence[ChunkSegment]) -> bool:
    return bool(segments) and segments[0].start <= _EDGE_S


def _is_better(longer: ChunkWindow, window: ChunkWindow) -> bool:
    """Whether the text of a longer window is more probable, and skips no more speech."""
    if not longer.segments:
        return False
    uncovered = [
        sum(gap.length_s for gaps in uncovered_speech(each.segments, each.speech) for gap in gaps)
        for each in (longer, window)
    ]
    logprob, shorter_logprob = (each.segments[0].avg_logprob for each in (longer, window))
    return logprob > shorter_logprob and uncovered[0] < uncovered[1] + MIN_GAIN_S
