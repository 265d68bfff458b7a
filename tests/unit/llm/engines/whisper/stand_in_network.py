"""A `WhisperNetwork` without weights that writes scripted texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from contracts.audio import SAMPLE_RATE
from contracts.options import Task
from llm.engines.protocol import BetweenSteps, Samples, do_nothing
from llm.engines.whisper.alignment import FRAME_S
from llm.engines.whisper.logit_filter import SuppressedTokens
from llm.engines.whisper.network import FULL_CONTEXT_S, EncoderOutput
from llm.engines.whisper.search import DecoderOutput, Logits, Queries, Tokens
from llm.engines.whisper.tokens import SpecialTokens

_N_OTHERS = 2000
_IMPOSSIBLE = -100.0
_CONTROL_STEPS = 2


@dataclass(frozen=True)
class Text:
    """The scripted text of one attempt.

    Attributes:
        words: each is one token.
        probability: of each token and of the end; other tokens share the rest.
        no_speech: probability of the no-speech token.
        until: share of the chunk that the words fill, from its start.
    """

    words: str
    probability: float = 0.95
    no_speech: float = 0.01
    until: float = 1.0


class StandInVocabulary:
    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        end = len(words) + _N_OTHERS
        self.special = SpecialTokens(
            end_of_text=end,
            start_of_transcript=end + 1,
            start_of_previous=end + 2,
            no_speech=end + 3,
            no_timestamps=end + 8,
            languages={"ru": end + 4, "en": end + 5},
            tasks={Task.TRANSCRIBE: end + 6, Task.TRANSLATE: end + 7},
        )

    def text(self, tokens: Sequence[int]) -> str:
        return "".join(
            f" {self._words[token] if token < len(self._words) else token}" for token in tokens
        )

    def tokens(self, text: str) -> list[int]:
        return [self._words.index(word) for word in text.split()]


@dataclass
class StandInNetwork:
    """Identifies chunks by their number of samples.

    Attributes:
        script: the attempts of each chunk in order; the last one repeats.
        windows_s: seconds of the window of a chunk, unless in full context; others have 22.
        encoded: the chunks of each call of `encode`, and whether it was in full context.
        decoded: the chunks of each decoder.
    """

    script: Mapping[int, Sequence[Text]]
    windows_s: Mapping[int, float] = field(default_factory=dict[int, float])
    rows_in_full_context: int = 16
    encoded: list[tuple[list[int], bool]] = field(default_factory=list)
    decoded: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        texts = [text for attempts in self.script.values() for text in attempts]
        words = sorted({word for text in texts for word in text.words.split()})
        self.vocabulary = StandInVocabulary(words)
        self.vocab_size = self.vocabulary.special.no_timestamps + 1501
        self.suppressed_tokens = SuppressedTokens((), ())
        self.max_positions = 448
        self.between_steps: BetweenSteps = do_nothing
        self._tries = dict.fromkeys(self.script, 0)
        self._last: dict[int, Text] = {}

    def context_s(self, duration_s: float) -> float:
        return self.windows_s.get(round(duration_s * SAMPLE_RATE), 22.0)

    def max_rows(self, duration_s: float) -> int:
        return self.rows_in_full_context if duration_s >= FULL_CONTEXT_S else 16

    def encode(self, chunks: Sequence[Samples], *, full_context: bool) -> list[EncoderOutput]:
        self.encoded.append(([len(chunk) for chunk in chunks], full_context))
        return [
            EncoderOutput(
                FULL_CONTEXT_S if full_context else self.context_s(len(chunk) / SAMPLE_RATE),
                (len(self.encoded), len(chunk)),
            )
            for chunk in chunks
        ]

    def close(self) -> None:
        self.encoded.clear()

    def start_decoder(self, encoder_outputs: Sequence[EncoderOutput]) -> "StandInDecoder":
        calls = {one.states[0] for one in encoder_outputs}
        assert len(calls) == 1, "chunks of different calls share no cache"
        chunks = [one.states[1] for one in encoder_outputs]
        self.decoded.append(chunks)
        for chunk in chunks:
            attempts = self.script[chunk]
            self._last[chunk] = attempts[min(self._tries[chunk], len(attempts) - 1)]
            self._tries[chunk] += 1
        return StandInDecoder(self, [self._last[chunk] for chunk in chunks])

    def attention(
        self,
        encoder_output: EncoderOutput,
        queries: Sequence[Queries],
        n_frames: int,
    ) -> np.ndarray:
        chunk = encoder_output.states[1]
        assert n_frames == round(chunk / SAMPLE_RATE / FRAME_S)
        attention = np.full((1, len(queries), n_frames), 0.001, np.float32)
        edges = np.linspace(0, (n_frames - 1) * self._last[chunk].until, len(queries))
        for row, (edge, until) in enumerate(pairwise([*edges.astype(int), n_frames])):
            attention[:, row, edge:until] = 1
        return attention


class StandInDecoder:
    def __init__(self, network: StandInNetwork, texts: list[Text]) -> None:
        self._network = network
        self._texts = texts
        self._n_reads = 0

    def advance(self, tokens: Tokens) -> DecoderOutput:
        assert len(tokens) == len(self._texts)
        self._n_reads += 1
        logits = np.stack([self._after(text) for text in self._texts])
        return DecoderOutput(logits, np.zeros((len(self._texts), 1, 1), np.float32))

    def select(self, rows: Sequence[int]) -> None:
        self._texts = [self._texts[row] for row in rows]

    def _after(self, text: Text) -> Logits:
        vocabulary = self._network.vocabulary
        logits = np.full(self._network.vocab_size, _IMPOSSIBLE, np.float32)
        if self._n_reads < _CONTROL_STEPS:
            logits[vocabulary.special.no_speech] = np.log(text.no_speech)
            logits[vocabulary.special.languages["ru"]] = np.log(1 - text.no_speech)
            return logits
        tokens = [*vocabulary.tokens(text.words), vocabulary.special.end_of_text]
        step = min(self._n_reads - _CONTROL_STEPS, len(tokens) - 1)
        others = slice(vocabulary.special.end_of_text - _N_OTHERS, vocabulary.special.end_of_text)
        logits[others] = np.log((1 - text.probability) / _N_OTHERS)
        logits[tokens[step]] = np.log(text.probability)
        return logits
