"""Whisper's special tokens.

Their ids come from the tokenizer rather than from `config.json` or `generation_config.json`, where
old and fine-tuned checkpoints omit them or force a wrong language.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.options import Task
from llm.engines.protocol import CheckpointError

_LANGUAGE_TOKEN = re.compile(r"<\|([a-z]{2,3})\|>")


@dataclass(frozen=True)
class SpecialTokens:
    """Ids of the control tokens.

    Attributes:
        languages: by language code.
        tasks: by task.
    """

    end_of_text: int
    start_of_transcript: int
    start_of_previous: int
    no_speech: int
    no_timestamps: int
    languages: Mapping[str, int]
    tasks: Mapping[Task, int]

    @cached_property
    def never_in_text(self) -> frozenset[int]:
        """Control tokens, which the decoder must never write."""
        return frozenset(
            {
                self.start_of_transcript,
                self.start_of_previous,
                self.no_speech,
                self.no_timestamps,
                *self.languages.values(),
                *self.tasks.values(),
            }
        )

    def is_text(self, token: int) -> bool:
        """Whether a token is text; text tokens have the lowest ids."""
        return token < self.end_of_text

    @classmethod
    def from_vocabulary(cls, vocabulary: Mapping[str, int]) -> "SpecialTokens":
        """Find the special tokens in a tokenizer's vocabulary.

        Raises:
            CheckpointError: one is missing, so the model is not a multilingual Whisper.
        """

        def token_id(*names: str) -> int:
            for name in names:
                if name in vocabulary:
                    return vocabulary[name]
            raise CheckpointError(f"Not a multilingual Whisper: its tokenizer has no {names[0]}.")

        languages = {
            match[1]: number
            for name, number in vocabulary.items()
            if (match := _LANGUAGE_TOKEN.fullmatch(name))
        }
        if "ru" not in languages:
            raise CheckpointError("Not a multilingual Whisper: its tokenizer has no <|ru|>.")
        return cls(
            end_of_text=token_id("<|endoftext|>"),
            start_of_transcript=token_id("<|startoftranscript|>"),
            start_of_previous=token_id("<|startofprev|>"),
            no_speech=token_id("<|nospeech|>", "<|nocaptions|>"),
            no_timestamps=token_id("<|notimestamps|>"),
            languages=languages,
            tasks={task: token_id(f"<|{task}|>") for task in Task},
        )


def truncate_prompt(prompt: Sequence[int], max_positions: int) -> list[int]:
    """Return the last tokens of a prompt, as many as fit before the transcript.

    Source: openai/whisper, `DecodingTask._get_initial_tokens`: half of the decoder's positions
    less one.
    """
    return list(prompt)[-(max_positions // 2 - 1) :]
