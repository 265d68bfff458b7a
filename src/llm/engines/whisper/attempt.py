"""One pass of the decoder over a batch: prompt, language, search, word times, quality checks."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.audio import SAMPLE_RATE
from contracts.languages import AUTO_LANGUAGE
from contracts.options import DecodingOptions, Task
from contracts.transcription import QualityIssue, Word
from llm.engines.protocol import Samples
from llm.engines.whisper.alignment import FRAME_S, token_times
from llm.engines.whisper.logit_filter import LogitFilter
from llm.engines.whisper.network import EncoderOutput, WhisperNetwork
from llm.engines.whisper.quality_checks import find_quality_issues, is_loop, is_silence
from llm.engines.whisper.search import Hypothesis, Logits, Search, VerifyingDecoder
from llm.engines.whisper.softmax import softmax
from llm.engines.whisper.speculation import Draft, SpeculativeSearch
from llm.engines.whisper.term_trie import term_trie
from llm.engines.whisper.tokens import SpecialTokens, truncate_prompt
from llm.engines.words import group_into_words, logprobs_of_letters, time_words


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """A chunk and its encoder output.

    Attributes:
        draft: of its text; None: there is none.
    """

    samples: Samples
    encoder_output: EncoderOutput
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """What the decoder finds in a chunk before it writes any text.

    Attributes:
        language: code of the language to decode in.
        language_probability: of that language among all languages.
        no_speech_prob: probability of the no-speech token.
        detected_language: code of the most probable language.
        detected_probability: of that one.
    """

    language: str
    language_probability: float
    no_speech_prob: float
    detected_language: str
    detected_probability: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """The text that one pass gave for one chunk, and how good it is.

    Attributes:
        context_s: seconds of the encoder's window.
        temperature: of the search.
        text: as the model wrote it, spaces included.
        words: of the text, with times in seconds from the chunk's start.
        detection: language and no-speech probability.
        avg_logprob: mean natural log-probability of the tokens and the end.
        is_silence: whether the chunk holds no speech, so that the text is made up.
        quality_issues: signs that the text is wrong.
        is_loop: whether the decoder got caught in a phrase; then `avg_logprob` means nothing,
            since each repetition makes the next one more probable.
        n_tokens: of the text and its end.
        n_steps: of the decoder; fewer than tokens with a draft.
    """

    context_s: float
    temperature: float
    text: str
    words: list[Word]
    detection: Detection
    avg_logprob: float
    is_silence: bool
    quality_issues: list[QualityIssue]
    is_loop: bool
    n_tokens: int
    n_steps: int

    @property
    def is_final(self) -> bool:
        """Whether another attempt cannot improve the result."""
        return self.is_silence or not self.quality_issues


def decode(
    network: WhisperNetwork, chunks: Sequence[EncodedChunk], options: DecodingOptions
) -> list[Attempt]:
    """Decode a batch once.

    Args:
        network: the loaded checkpoint.
        chunks: encoded in one call.
        options: for all of them.

    Returns:
        One attempt per chunk, in order.
    """
    detections, hypotheses = write(network, chunks, options)
    return [
        _evaluate(network, *parts, options)
        for parts in zip(chunks, detections, hypotheses, strict=True)
    ]


def write(
    network: WhisperNetwork, chunks: Sequence[EncodedChunk], options: DecodingOptions
) -> tuple[list[Detection], list[Hypothesis]]:
    """Detect the languages of a batch and write its texts, one of each per chunk."""
    special = network.vocabulary.special
    decoder = network.start_decoder([chunk.encoder_output for chunk in chunks])
    prompt = _prompt_tokens(network, options.prompt)
    output = decoder.advance(np.array([prompt] * len(chunks)))
    detections = _detect(output.logits, special, options.language)
    control = [_control_tokens(special, one.language, options) for one in detections]
    output = decoder.advance(np.array(control))
    allowed = LogitFilter(special, network.vocab_size, network.suppressed_tokens)
    search = _search(network, chunks, options, n_read=len(prompt) + len(control[0]))
    drafts = [chunk.draft for chunk in chunks if chunk.draft]
    if len(drafts) == len(chunks) and search.is_greedy:
        assert isinstance(decoder, VerifyingDecoder), "only such networks get drafts"
        speculative = SpeculativeSearch(search.end_token, search.max_tokens, search.terms)
        return detections, speculative.run(decoder, output, allowed, drafts)
    return detections, search.run(decoder, output, allowed)


def detect(
    network: WhisperNetwork, chunks: Sequence[EncodedChunk], language: str
) -> list[Detection]:
    """Detect the languages of a batch, without writing any text.

    Args:
        network: the loaded checkpoint.
        chunks: encoded in one call.
        language: of all chunks; `auto`: the most probable one of each.

    Returns:
        One detection per chunk, in order.
    """
    decoder = network.start_decoder([chunk.encoder_output for chunk in chunks])
    special = network.vocabulary.special
    output = decoder.advance(np.array([[special.start_of_transcript]] * len(chunks)))
    return _detect(output.logits, special, language)


def _prompt_tokens(network: WhisperNetwork, prompt: str) -> list[int]:
    vocabulary = network.vocabulary
    special = vocabulary.special
    if not prompt.strip():
        return [special.start_of_transcript]
    tokens = vocabulary.tokens(f" {prompt.strip()}")
    return [
        special.start_of_previous,
        *truncate_prompt(tokens, network.max_positions),
        special.start_of_transcript,
    ]


def _detect(logits: Logits, special: SpecialTokens, wanted: str) -> list[Detection]:
    """Read each row's logits after the prompt; with `auto`, take the most probable language."""
    no_speech_probs = softmax(logits)[:, special.no_speech]
    probabilities = softmax(logits[:, list(special.languages.values())])
    codes = list(special.languages)
    found: list[int] = probabilities.argmax(axis=-1).tolist()
    chosen = found if wanted == AUTO_LANGUAGE else [codes.index(wanted)] * len(logits)
    return [
        Detection(
            codes[n],
            round(float(row[n]), 4),
            float(no_speech_prob),
            codes[best],
            round(float(row[best]), 4),
        )
        for n, best, row, no_speech_prob in zip(
            chosen, found, probabilities, no_speech_probs, strict=True
        )
    ]


def _search(
    network: WhisperNetwork, chunks: Sequence[EncodedChunk], options: DecodingOptions, n_read: int
) -> Search:
    """Return the search that continues after `n_read` tokens."""
    return Search(
        end_token=network.vocabulary.special.end_of_text,
        # Source: openai/whisper, `DecodingOptions.sample_len`: half of the positions
        max_tokens=min(network.max_positions // 2, network.max_positions - n_read),
        beam_size=options.beam_size,
        temperature=options.temperature,
        terms=term_trie(network.vocabulary, options.glossary),
        seeds=[_seed(chunk.samples, options.temperature) for chunk in chunks],
    )


def _seed(samples: Samples, temperature: float) -> int:
    """Return a seed that depends on the sound, so that a request can be repeated."""
    return zlib.crc32(str(temperature).encode(), zlib.crc32(samples.tobytes()))


def _control_tokens(special: SpecialTokens, language: str, options: DecodingOptions) -> list[int]:
    """Return the tokens between the start of the transcript and the text."""
    return [special.languages[language], special.tasks[options.task], special.no_timestamps]


def _evaluate(
    network: WhisperNetwork,
    chunk: EncodedChunk,
    detection: Detection,
    hypothesis: Hypothesis,
    options: DecodingOptions,
) -> Attempt:
    """Time the words of a text and check its quality."""
    text, avg_logprob = network.vocabulary.text(hypothesis.tokens), hypothesis.avg_logprob
    words = _time_words(network, chunk, hypothesis)
    language = "en" if options.task is Task.TRANSLATE else detection.language
    issues = find_quality_issues(text, hypothesis, words, chunk.samples, language)
    return Attempt(
        context_s=chunk.encoder_output.context_s,
        temperature=options.temperature,
        text=text,
        words=words,
        detection=detection,
        avg_logprob=round(avg_logprob, 4),
        is_silence=is_silence(detection.no_speech_prob, avg_logprob, text, chunk.samples),
        quality_issues=issues,
        is_loop=QualityIssue.TOO_MANY_TOKENS in issues
        or (QualityIssue.REPETITION in issues and is_loop(text)),
        n_tokens=len(hypothesis.tokens) + 1,
        n_steps=hypothesis.n_steps,
    )


def _time_words(network: WhisperNetwork, chunk: EncodedChunk, hypothesis: Hypothesis) -> list[Word]:
    groups = group_into_words(hypothesis.tokens, network.vocabulary.text)
    if not groups:
        return []
    n_frames = max(1, round(len(chunk.samples) / SAMPLE_RATE / FRAME_S))
    attention = network.attention(chunk.encoder_output, hypothesis.queries, n_frames)
    logprobs = logprobs_of_letters(hypothesis.tokens, hypothesis.logprobs, network.vocabulary.text)
    return time_words(groups, token_times(attention), logprobs, chunk.samples)
