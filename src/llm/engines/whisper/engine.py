"""How chunks are recognised with any Whisper network: prompt, search, guards, segments, words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from contracts.audio import SAMPLE_RATE
from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelIdentity
from contracts.transcription import (
    ChunkSegment,
    DecodingAttempt,
    DecodingOptions,
    QualityIssue,
    Word,
)
from llm.engines.protocol import ChunkResult, Samples
from llm.engines.whisper.alignment import FRAME_S, token_times
from llm.engines.whisper.logit_filter import LogitFilter
from llm.engines.whisper.network import FULL_CONTEXT_S, EncoderOutput, WhisperNetwork
from llm.engines.whisper.quality_checks import compression_ratio, find_quality_issues, is_silence
from llm.engines.whisper.search import Hypothesis, Logits, Search
from llm.engines.whisper.segments import split_into_segments
from llm.engines.whisper.tokens import longest_prompt
from llm.engines.whisper.words import WITHOUT_SPACES, group_into_words, time_words

TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Source: the Whisper paper, section 4.5."""


@dataclass(frozen=True, slots=True)
class _Listened:
    """A chunk, and what the encoder made of it."""

    samples: Samples
    encoder_output: EncoderOutput

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class _Decoded:
    """One chunk's text and what it is worth."""

    chunk: _Listened
    temperature: float
    text: str
    words: list[Word]
    language: str
    language_probability: float
    avg_logprob: float
    no_speech_prob: float
    silence: bool
    quality_issues: list[QualityIssue]
    earlier: list["_Decoded"] = field(default_factory=list["_Decoded"])

    @property
    def quality(self) -> tuple[int, float]:
        return -len(self.quality_issues), self.avg_logprob

    @property
    def is_final(self) -> bool:
        return self.silence or not self.quality_issues


class WhisperEngine:
    """A Whisper checkpoint in any library; see `SpeechEngine`."""

    def __init__(self, identity: ModelIdentity, network: WhisperNetwork) -> None:
        self.identity = identity
        self._network: WhisperNetwork | None = network

    def transcribe(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[ChunkResult]:
        """Recognise a batch of chunks; see `SpeechEngine`."""
        # the longest first, for they end last: a batch loses its rows from the end
        by_length = sorted(range(len(chunks)), key=lambda n: -len(chunks[n]))
        results: dict[int, ChunkResult] = {}
        while by_length:
            at_once = self._at_once(len(chunks[by_length[0]]) / SAMPLE_RATE, options)
            chosen, by_length = by_length[:at_once], by_length[at_once:]
            decoded = self._decode([chunks[n] for n in chosen], options)
            results |= {
                n: self._to_result(one, options) for n, one in zip(chosen, decoded, strict=True)
            }
        return [results[n] for n in range(len(chunks))]

    def close(self) -> None:
        """Free the weights."""
        if self._network is not None:
            self._network.close()
        self._network = None

    @property
    def network(self) -> WhisperNetwork:
        """The loaded weights; RuntimeError after `close`."""
        if self._network is None:
            raise RuntimeError("The engine was closed.")
        return self._network

    def _at_once(self, duration_s: float, options: DecodingOptions) -> int:
        """Return how many chunks of a length to decode side by side."""
        return max(1, self.network.max_rows(duration_s) // options.beam_size)

    def _decode(self, chunks: list[Samples], options: DecodingOptions) -> list[_Decoded]:
        """Decode; then again, in the full context and warmer and warmer, what is doubtful."""
        listened = self._listen(chunks, full_context=False)
        best = self._attempt(listened, options)
        doubtful = [n for n, one in enumerate(best) if not one.is_final]
        if listened[0].encoder_output.context_s == FULL_CONTEXT_S:
            self._decode_warmer(best, {n: listened[n] for n in doubtful}, options)
            return best
        at_once = self._at_once(FULL_CONTEXT_S, options)
        for first in range(0, len(doubtful), at_once):
            places = doubtful[first : first + at_once]
            again = self._listen([chunks[n] for n in places], full_context=True)
            self._replace_if_better(best, places, self._attempt(again, options))
            self._decode_warmer(best, dict(zip(places, again, strict=True)), options)
        return best

    def _decode_warmer(
        self, best: list[_Decoded], listened: dict[int, _Listened], options: DecodingOptions
    ) -> None:
        """Try the places that were listened to at higher temperatures, while they are doubtful."""
        for temperature in TEMPERATURES:
            doubtful = [n for n in listened if not best[n].is_final]
            if not doubtful:
                break
            if temperature > options.temperature:
                warmer = options.model_copy(update={"temperature": temperature, "beam_size": 1})
                again = self._attempt([listened[n] for n in doubtful], warmer)
                self._replace_if_better(best, doubtful, again)

    def _replace_if_better(
        self, best: list[_Decoded], places: list[int], again: list[_Decoded]
    ) -> None:
        for n, other in zip(places, again, strict=True):
            winner, loser = sorted((best[n], other), key=lambda one: one.quality, reverse=True)
            winner.earlier.extend([*loser.earlier, loser])
            loser.earlier.clear()
            best[n] = winner

    def _listen(self, chunks: list[Samples], *, full_context: bool) -> list[_Listened]:
        encoded = self.network.encode(chunks, full_context=full_context)
        return [_Listened(*pair) for pair in zip(chunks, encoded, strict=True)]

    def _attempt(self, chunks: list[_Listened], options: DecodingOptions) -> list[_Decoded]:
        network, special = self.network, self.network.vocabulary.special
        decoder = network.start_decoder([chunk.encoder_output for chunk in chunks])
        beginning = self._prompt(options.prompt)
        logits = decoder.advance(np.array([beginning] * len(chunks)))
        no_speech_probs = _softmax(logits)[:, special.no_speech].tolist()
        languages = self._choose_languages(logits, options.language)

        task = special.tasks[options.task]
        steering = [[special.languages[code], task, special.no_timestamps] for code, _ in languages]
        logits = decoder.advance(np.array(steering))
        rules = LogitFilter(special, network.vocab_size, network.suppressed_tokens)
        search = self._search(options, len(beginning))
        return [
            self._judge(chunk, found, no_speech, language, options)
            for chunk, found, no_speech, language in zip(
                chunks, search.run(decoder, logits, rules), no_speech_probs, languages, strict=True
            )
        ]

    def _search(self, options: DecodingOptions, n_prompt: int) -> Search:
        # Source: openai/whisper, `DecodingOptions.sample_len`: half of the positions
        room = self.network.max_positions - n_prompt - 3
        return Search(
            end_token=self.network.vocabulary.special.end_of_text,
            max_tokens=min(self.network.max_positions // 2, room),
            beam_size=options.beam_size,
            temperature=options.temperature,
        )

    def _prompt(self, prompt: str) -> list[int]:
        vocabulary = self.network.vocabulary
        special = vocabulary.special
        if not prompt.strip():
            return [special.start_of_transcript]
        tokens = vocabulary.tokens(f" {prompt.strip()}")
        return [
            special.start_of_previous,
            *longest_prompt(tokens, self.network.max_positions),
            special.start_of_transcript,
        ]

    def _choose_languages(self, logits: Logits, wanted: str) -> list[tuple[str, float]]:
        """Return each row's language and its probability among all languages."""
        by_code = self.network.vocabulary.special.languages
        codes = list(by_code)
        probabilities = _softmax(logits[:, list(by_code.values())])
        chosen = (
            probabilities.argmax(axis=-1).tolist()
            if wanted == AUTO_LANGUAGE
            else [codes.index(wanted)] * len(logits)
        )
        return [
            (codes[n], round(float(row[n]), 4))
            for n, row in zip(chosen, probabilities, strict=True)
        ]

    def _judge(
        self,
        chunk: _Listened,
        found: Hypothesis,
        no_speech_prob: float,
        language: tuple[str, float],
        options: DecodingOptions,
    ) -> _Decoded:
        text = self.network.vocabulary.text(found.tokens)
        words = self._time_words(chunk, found, language[0], options)
        return _Decoded(
            chunk=chunk,
            temperature=options.temperature,
            text=text,
            words=words,
            language=language[0],
            language_probability=language[1],
            avg_logprob=round(found.avg_logprob, 4),
            no_speech_prob=round(no_speech_prob, 4),
            silence=is_silence(no_speech_prob, found.avg_logprob, text, chunk.samples),
            quality_issues=find_quality_issues(
                text, len(found.tokens), found.avg_logprob, words, chunk.samples
            ),
        )

    def _time_words(
        self, chunk: _Listened, found: Hypothesis, language: str, options: DecodingOptions
    ) -> list[Word]:
        network, special = self.network, self.network.vocabulary.special
        groups = group_into_words(found.tokens, network.vocabulary.text, language)
        if not groups:
            return []
        prompt = [
            special.start_of_transcript,
            special.languages[language],
            special.tasks[options.task],
            special.no_timestamps,
        ]
        n_frames = max(1, round(chunk.duration_s / FRAME_S))
        attention = network.align(chunk.encoder_output, prompt, found.tokens, n_frames)
        return time_words(groups, token_times(attention), found.logprobs, chunk.samples)

    def _to_result(self, decoded: _Decoded, options: DecodingOptions) -> ChunkResult:
        segments = [] if decoded.silence else split_into_segments(decoded.words)
        return ChunkResult(
            decoded.language,
            decoded.language_probability,
            [_segment(words, decoded, options) for words in segments],
            attempts=[_attempt_told(one, kept=False) for one in decoded.earlier]
            + [_attempt_told(decoded, kept=True)],
            hallucination_suppressed=decoded.silence and bool(decoded.text.strip()),
        )


def _segment(words: list[Word], decoded: _Decoded, options: DecodingOptions) -> ChunkSegment:
    between = "" if decoded.language in WITHOUT_SPACES else " "
    return ChunkSegment(
        start=words[0].start,
        end=words[-1].end,
        text=between.join(word.word for word in words),
        avg_logprob=decoded.avg_logprob,
        no_speech_prob=decoded.no_speech_prob,
        compression_ratio=round(compression_ratio(decoded.text), 4),
        words=words if options.word_timestamps else None,
    )


def _attempt_told(decoded: _Decoded, *, kept: bool) -> DecodingAttempt:
    return DecodingAttempt(
        context_s=decoded.chunk.encoder_output.context_s,
        temperature=decoded.temperature,
        avg_logprob=decoded.avg_logprob,
        quality_issues=decoded.quality_issues,
        kept=kept,
    )


def _softmax(logits: Logits) -> Logits:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
