"""Whisper on transformers and torch: the reference engine, for any Whisper checkpoint."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers.utils import logging as transformers_logging

from contracts.audio import SAMPLE_RATE
from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelIdentity
from contracts.transcription import ChunkSegment, DecodingOptions, Word
from llm.engines.protocol import (
    Checkpoint,
    CheckpointError,
    ChunkResult,
    EngineOptions,
    Samples,
)
from llm.engines.transformers_whisper import WhisperNetwork
from llm.engines.whisper.alignment import FRAME_S, token_times
from llm.engines.whisper.search import Search
from llm.engines.whisper.segments import (
    TEMPERATURES,
    TokenSpan,
    compression_ratio,
    is_silence,
    is_trusted,
    split_at_timestamps,
)
from llm.engines.whisper.tokens import longest_prompt
from llm.engines.whisper.words import group_into_words, time_words

NAME = "transformers"

MAX_ROWS = 16
"""Most hypotheses decoded side by side: each keeps its own keys of the whole window,
which are 300 MB in a medium model, and a wide beam multiplies them."""

MIN_TIMESTAMP_PROB = 0.001
"""Below it, for every chunk of a batch, the checkpoint was not trained on timestamps: it
has unlearnt them, and forcing them upon it harms the text. whisper-base gives 0.006 to 0.4
on read Russian."""

SILENT_PEAK = 4 / 32768
"""Two bits hold no speech, but a model asked to write down silence does: the credits of
film subtitles, and with confidence."""

SAMPLING_SEED = 0
"""The same chunk gives the same text, also where tokens are drawn."""


def load(checkpoint: Checkpoint, options: EngineOptions) -> "TransformersEngine":
    """Load a checkpoint; see `EngineLoader`."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    try:
        device = _choose_device(options.device)
        network = WhisperNetwork(checkpoint.folder, device, _choose_dtype(device))
    except CheckpointError:
        raise
    except Exception as error:
        # whatever a broken file makes the libraries raise, it is one thing to the operator
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{checkpoint.name} cannot be loaded: {type(error).__name__}: {reason}"
        ) from error
    identity = ModelIdentity(
        name=checkpoint.name, revision=checkpoint.revision, engine=NAME, device=str(device)
    )
    return TransformersEngine(identity, network)


def _choose_device(wanted: str) -> torch.device:
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise CheckpointError(f"LLM_DEVICE is {wanted}, but no CUDA device can be used.")
    return torch.device(wanted)


def _choose_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@dataclass(frozen=True, slots=True)
class _Decoded:
    """One chunk's tokens and what they are worth."""

    tokens: tuple[int, ...]
    text: str
    language: str
    language_probability: float
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @property
    def is_final(self) -> bool:
        return self.is_silence or is_trusted(self.compression_ratio, self.avg_logprob)

    @property
    def is_silence(self) -> bool:
        return is_silence(self.no_speech_prob, self.avg_logprob)

    @property
    def quality(self) -> tuple[bool, float]:
        return self.is_final, self.avg_logprob


class TransformersEngine:
    """A Whisper checkpoint on torch; see `SpeechEngine`."""

    def __init__(self, identity: ModelIdentity, network: WhisperNetwork) -> None:
        self.identity = identity
        self._network: WhisperNetwork | None = network

    @torch.inference_mode()
    def transcribe(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[ChunkResult]:
        """Recognise a batch of chunks; see `SpeechEngine`."""
        network = self._open_network()
        encoded = network.encode(chunks)
        decoded = self._decode(encoded, options)
        return [
            self._to_result(one, chunk, heard, options)
            for one, chunk, heard in zip(decoded, chunks, encoded, strict=True)
        ]

    def close(self) -> None:
        """Free the weights."""
        self._network = None
        gc.collect()
        if self.identity.device != "cpu":
            torch.cuda.empty_cache()

    def _open_network(self) -> WhisperNetwork:
        if self._network is None:
            raise RuntimeError("The engine was closed.")
        return self._network

    def _decode(self, encoded: Tensor, options: DecodingOptions) -> list[_Decoded]:
        """Decode, and again at rising temperatures what loops or is guessed.

        Source: the Whisper paper, section 4.5.
        """
        best = self._attempt(encoded, options)
        for temperature in TEMPERATURES:
            doubtful = [n for n, one in enumerate(best) if not one.is_final]
            if not doubtful or temperature <= options.temperature:
                continue
            again = self._attempt(
                encoded[doubtful], options.model_copy(update={"temperature": temperature})
            )
            for n, other in zip(doubtful, again, strict=True):
                best[n] = max(best[n], other, key=lambda one: one.quality)
        return best

    def _attempt(self, encoded: Tensor, options: DecodingOptions) -> list[_Decoded]:
        at_once = max(1, MAX_ROWS // options.beam_size)
        return [
            one for part in encoded.split(at_once) for one in self._attempt_at_once(part, options)
        ]

    def _attempt_at_once(self, encoded: Tensor, options: DecodingOptions) -> list[_Decoded]:
        network = self._open_network()
        special = network.special
        decoder = network.start_decoder(encoded)
        beginning = self._prompt(options.prompt)
        logits = decoder.advance(torch.tensor([beginning] * len(encoded)))
        no_speech_probs = logits.softmax(-1)[:, special.no_speech].tolist()
        languages = self._choose_languages(logits, options.language)

        task = special.tasks[options.task]
        logits = decoder.advance(
            torch.tensor([[special.languages[code], task] for code, _ in languages])
        )
        timestamp_probs = logits.softmax(-1)[:, special.timestamp_begin :].sum(-1)
        with_timestamps = bool((timestamp_probs >= MIN_TIMESTAMP_PROB).any())
        if not with_timestamps:
            logits = decoder.advance(torch.tensor([[special.no_timestamps]] * len(encoded)))

        # Source: openai/whisper, `DecodingOptions.sample_len`: half of the positions
        room = network.max_positions - len(beginning) - 3
        search = Search(
            end_token=special.end_of_text,
            max_tokens=min(network.max_positions // 2, room),
            beam_size=options.beam_size,
            temperature=options.temperature,
        )
        if options.temperature > 0:
            torch.manual_seed(SAMPLING_SEED)
        found = search.run(decoder, logits, network.rules(timestamps=with_timestamps))
        return [
            self._judge(text.tokens, text.avg_logprob, no_speech_prob, language)
            for text, no_speech_prob, language in zip(
                found, no_speech_probs, languages, strict=True
            )
        ]

    def _prompt(self, prompt: str) -> list[int]:
        network = self._open_network()
        special = network.special
        if not prompt.strip():
            return [special.start_of_transcript]
        tokens = longest_prompt(network.tokens(f" {prompt.strip()}"), network.max_positions)
        return [special.start_of_previous, *tokens, special.start_of_transcript]

    def _choose_languages(self, logits: Tensor, wanted: str) -> list[tuple[str, float]]:
        """Return each row's language and its probability among all languages."""
        by_code = self._open_network().special.languages
        codes = list(by_code)
        probabilities = logits[:, list(by_code.values())].softmax(-1)
        chosen = (
            probabilities.argmax(-1).tolist()
            if wanted == AUTO_LANGUAGE
            else [codes.index(wanted)] * len(logits)
        )
        return [
            (codes[n], round(float(row[n]), 4))
            for n, row in zip(chosen, probabilities, strict=True)
        ]

    def _judge(
        self,
        tokens: tuple[int, ...],
        avg_logprob: float,
        no_speech_prob: float,
        language: tuple[str, float],
    ) -> _Decoded:
        network = self._open_network()
        text = network.text([token for token in tokens if network.special.is_text(token)])
        return _Decoded(
            tokens=tokens,
            text=text,
            language=language[0],
            language_probability=language[1],
            avg_logprob=round(avg_logprob, 4),
            no_speech_prob=round(no_speech_prob, 4),
            compression_ratio=round(compression_ratio(text), 4),
        )

    def _to_result(
        self, decoded: _Decoded, chunk: Samples, heard: Tensor, options: DecodingOptions
    ) -> ChunkResult:
        network = self._open_network()
        duration_s = len(chunk) / SAMPLE_RATE
        spans = (
            []
            if decoded.is_silence or np.abs(chunk).max() <= SILENT_PEAK
            else split_at_timestamps(decoded.tokens, network.special, duration_s)
        )
        words = (
            self._time_words(spans, decoded.language, heard, duration_s, options)
            if options.word_timestamps and spans
            else [None] * len(spans)
        )
        segments = [
            ChunkSegment(
                start=round(span.start, 3),
                end=round(span.end, 3),
                text=text,
                avg_logprob=decoded.avg_logprob,
                no_speech_prob=decoded.no_speech_prob,
                compression_ratio=decoded.compression_ratio,
                words=span_words,
            )
            for span, span_words in zip(spans, words, strict=True)
            if (text := network.text(span.tokens).strip())
        ]
        return ChunkResult(decoded.language, decoded.language_probability, segments)

    def _time_words(
        self,
        spans: list[TokenSpan],
        language: str,
        heard: Tensor,
        duration_s: float,
        options: DecodingOptions,
    ) -> list[list[Word]]:
        network = self._open_network()
        special = network.special
        prompt = [
            special.start_of_transcript,
            special.languages[language],
            special.tasks[options.task],
            special.no_timestamps,
        ]
        tokens = [token for span in spans for token in span.tokens]
        n_frames = min(max(1, round(duration_s / FRAME_S)), len(heard))
        attention, probabilities = network.align(heard, prompt, tokens, n_frames)
        starts = token_times(attention)
        timed: list[list[Word]] = []
        for span in spans:
            end = span.first + len(span.tokens)
            timed.append(
                time_words(
                    group_into_words(span.tokens, network.text, language),
                    starts[span.first : end + 1],
                    probabilities[span.first : end],
                    within=(span.start, span.end),
                )
            )
        return timed
