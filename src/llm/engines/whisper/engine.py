"""Speech recognition with any Whisper network: batches, retries, segments."""

from collections.abc import Iterator, Sequence

from contracts.audio import SAMPLE_RATE
from contracts.languages import LANGUAGE_NAMES
from contracts.models import ComputeSettings, ModelCapabilities, ModelIdentity
from contracts.options import ChunkOptions, DecodingOptions
from contracts.segmentation import split_into_segments
from contracts.transcription import ChunkSegment, DecodingAttempt, Word
from llm.engines.compression import compression_ratio
from llm.engines.protocol import BetweenSteps, ChunkResult, Samples, SpeechEngine, do_nothing
from llm.engines.whisper.assistant import Assistant
from llm.engines.whisper.attempt import Attempt, EncodedChunk, decode, detect, write
from llm.engines.whisper.choice import choose_attempt
from llm.engines.whisper.network import FULL_CONTEXT_S, WhisperNetwork
from llm.engines.whisper.punctuation import lead_along
from llm.engines.whisper.speculation import Draft
from llm.engines.words import join_words

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Source: the Whisper paper, section 4.5."""


class WhisperEngine:
    """A Whisper checkpoint in any library; see `SpeechEngine`."""

    def __init__(
        self,
        identity: ModelIdentity,
        network: WhisperNetwork,
        compute: ComputeSettings | None = None,
        assistant: Assistant | None = None,
    ) -> None:
        self.identity = identity
        self.compute = compute
        self._assistant = assistant
        self.capabilities = _capabilities(network)
        self._network: WhisperNetwork | None = network

    @property
    def network(self) -> WhisperNetwork:
        """The loaded weights; RuntimeError after `close`."""
        if self._network is None:
            raise RuntimeError("The engine is closed.")
        return self._network

    @property
    def parallel_audio_s(self) -> float:
        """Return the windows of all rows that fit into memory; see `SpeechEngine`."""
        return FULL_CONTEXT_S * self.network.max_rows(FULL_CONTEXT_S)

    @property
    def assistant(self) -> SpeechEngine | None:
        """Return the smaller model that drafts texts; see `AssistedEngine`."""
        return self._assistant.engine if self._assistant else None

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        """Recognise a batch of chunks; see `SpeechEngine`."""
        network, outer = self.network, self.network.between_steps
        network.between_steps = between_steps
        try:
            return self._transcribe(chunks, options)
        finally:
            network.between_steps = outer

    def _transcribe(self, chunks: Sequence[Samples], options: ChunkOptions) -> list[ChunkResult]:
        results: dict[int, ChunkResult] = {}
        drafts = self._drafts(chunks, options)
        for batch in self._divide(chunks, options.beam_size):
            in_batch = [chunks[n] for n in batch]
            recognised = (
                self._detect(in_batch, options)
                if options.language_only
                else self._recognise(in_batch, [drafts[n] for n in batch], options)
            )
            results |= dict(zip(batch, recognised, strict=True))
        return [results[n] for n in range(len(chunks))]

    def _drafts(self, chunks: Sequence[Samples], options: ChunkOptions) -> Sequence[Draft | None]:
        is_greedy = options.beam_size == 1 and options.temperature == 0
        if self._assistant is None or options.language_only or not is_greedy:
            return [None] * len(chunks)
        return self._assistant.drafts(chunks, options)

    def punctuate(
        self, chunks: Sequence[Samples], words: Sequence[Sequence[str]], language: str
    ) -> list[list[str]]:
        """Add capitals and marks to given words; see `PunctuationEngine`."""
        punctuated: dict[int, list[str]] = {}
        for batch in self._divide(chunks):
            encoder_outputs = self.network.encode([chunks[n] for n in batch], full_context=False)
            batch_words = [words[n] for n in batch]
            written = lead_along(self.network, encoder_outputs, batch_words, language)
            punctuated |= zip(batch, written, strict=True)
        return [punctuated[n] for n in range(len(chunks))]

    def draft(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[tuple[int, ...]]:
        """Write a quick text of each chunk; see `DraftingEngine`."""
        quick = options.model_copy(update={"prompt": ""})
        drafts: dict[int, tuple[int, ...]] = {}
        for batch in self._divide(chunks):
            encoded = self._encode([chunks[n] for n in batch], full_context=False)
            _, hypotheses = write(self.network, encoded, quick)
            drafts |= zip(batch, (text.tokens for text in hypotheses), strict=True)
        return [drafts[n] for n in range(len(chunks))]

    def close(self) -> None:
        """Free the weights."""
        if self._assistant is not None:
            self._assistant.engine.close()
        self._assistant = None
        if self._network is not None:
            self._network.close()
        self._network = None

    def _divide(self, chunks: Sequence[Samples], beam_size: int = 1) -> Iterator[list[int]]:
        """Yield batches of chunk numbers, from the longest chunk to the shortest.

        A batch drops finished rows from its end only, and short chunks finish first.
        """
        by_length = sorted(range(len(chunks)), key=lambda n: -len(chunks[n]))
        while by_length:
            longest_s = len(chunks[by_length[0]]) / SAMPLE_RATE
            batch_size = self._batch_size(longest_s, beam_size)
            yield by_length[:batch_size]
            by_length = by_length[batch_size:]

    def _batch_size(self, duration_s: float, beam_size: int) -> int:
        """Return how many chunks of a length to decode side by side."""
        return max(1, self.network.max_rows(duration_s) // beam_size)

    def _recognise(
        self, chunks: list[Samples], drafts: list[Draft | None], options: DecodingOptions
    ) -> list[ChunkResult]:
        attempts = self._decode_with_retries(chunks, drafts, options)
        return [_to_result(of_chunk, options) for of_chunk in attempts]

    def _detect(self, chunks: list[Samples], options: DecodingOptions) -> list[ChunkResult]:
        encoded = self._encode(chunks, full_context=False)
        detections = detect(self.network, encoded, options.language)
        return [
            ChunkResult(
                one.language,
                one.language_probability,
                [],
                one.detected_language,
                one.detected_probability,
            )
            for one in detections
        ]

    def _decode_with_retries(
        self, chunks: list[Samples], drafts: list[Draft | None], options: DecodingOptions
    ) -> list[list[Attempt]]:
        """Decode chunks; retry those with quality issues in full context, then warmer.

        Returns:
            All attempts of each chunk, in the order in which they were made.
        """
        encoded = self._encode(chunks, drafts, full_context=False)
        attempts = [[attempt] for attempt in decode(self.network, encoded, options)]
        self._observe_drafts(drafts, attempts)
        in_full_context = {
            n: one
            for n, one in enumerate(encoded)
            if one.encoder_output.context_s == FULL_CONTEXT_S
        }
        self._retry_warmer(attempts, in_full_context, options)
        rejected = [
            n
            for n, chunk_attempts in enumerate(attempts)
            if n not in in_full_context and not choose_attempt(chunk_attempts).is_final
        ]
        batch_size = self._batch_size(FULL_CONTEXT_S, options.beam_size)
        for first in range(0, len(rejected), batch_size):
            batch = rejected[first : first + batch_size]
            in_batch = [chunks[n] for n in batch], [drafts[n] for n in batch]
            again = self._encode(*in_batch, full_context=True)
            by_number = dict(zip(batch, again, strict=True))
            self._retry(attempts, by_number, options)
            self._retry_warmer(attempts, by_number, options)
        return attempts

    def _retry_warmer(
        self,
        attempts: list[list[Attempt]],
        encoded: dict[int, EncodedChunk],
        options: DecodingOptions,
    ) -> None:
        """Retry at rising temperatures, each time the chunks that still have quality issues."""
        for temperature in TEMPERATURES:
            rejected = {
                n: one for n, one in encoded.items() if not choose_attempt(attempts[n]).is_final
            }
            if not rejected:
                break
            if temperature > options.temperature:
                warmer = options.model_copy(update={"temperature": temperature, "beam_size": 1})
                self._retry(attempts, rejected, warmer)

    def _retry(
        self,
        attempts: list[list[Attempt]],
        encoded: dict[int, EncodedChunk],
        options: DecodingOptions,
    ) -> None:
        again = decode(self.network, list(encoded.values()), options)
        for n, attempt in zip(encoded, again, strict=True):
            attempts[n].append(attempt)

    def _observe_drafts(self, drafts: list[Draft | None], attempts: list[list[Attempt]]) -> None:
        for draft, (attempt, *_) in zip(drafts, attempts, strict=True):
            if self._assistant and draft and draft.tokens and not attempt.is_silence:
                self._assistant.observe(attempt.text, attempt.n_tokens, attempt.n_steps)

    def _encode(
        self,
        chunks: Sequence[Samples],
        drafts: Sequence[Draft | None] | None = None,
        *,
        full_context: bool,
    ) -> list[EncodedChunk]:
        encoder_outputs = self.network.encode(chunks, full_context=full_context)
        parts = zip(chunks, encoder_outputs, drafts or [None] * len(chunks), strict=True)
        return [EncodedChunk(*of_chunk) for of_chunk in parts]


def _capabilities(network: WhisperNetwork) -> ModelCapabilities:
    return ModelCapabilities(
        languages=[code for code in LANGUAGE_NAMES if code in network.vocabulary.special.languages],
        detects_language=True,
        punctuation=None,
        translate=True,
        prompt=True,
        beam_search=True,
        temperature=True,
        max_chunk_s=FULL_CONTEXT_S,
    )


def _to_result(attempts: list[Attempt], options: DecodingOptions) -> ChunkResult:
    best = choose_attempt(attempts)
    segments = [] if best.is_silence else split_into_segments(best.words)
    return ChunkResult(
        best.detection.language,
        best.detection.language_probability,
        [_to_segment(words, best, options) for words in segments],
        best.detection.detected_language,
        best.detection.detected_probability,
        attempts=[_describe(one, kept=False) for one in attempts if one is not best]
        + [_describe(best, kept=True)],
        hallucination_suppressed=best.is_silence and bool(best.text.strip()),
    )


def _to_segment(words: list[Word], attempt: Attempt, options: DecodingOptions) -> ChunkSegment:
    return ChunkSegment(
        start=words[0].start,
        end=words[-1].end,
        text=join_words(words),
        avg_logprob=attempt.avg_logprob,
        no_speech_prob=round(attempt.detection.no_speech_prob, 4),
        compression_ratio=round(compression_ratio(attempt.text), 4),
        words=[word.model_copy(update={"word": word.word.strip()}) for word in words]
        if options.word_timestamps
        else None,
    )


def _describe(attempt: Attempt, *, kept: bool) -> DecodingAttempt:
    return DecodingAttempt(
        context_s=attempt.context_s,
        temperature=attempt.temperature,
        avg_logprob=attempt.avg_logprob,
        quality_issues=attempt.quality_issues,
        kept=kept,
    )
