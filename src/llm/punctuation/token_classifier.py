"""Punctuate words by their text, with a token classifier in transformers' layout."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from contracts.models import ModelIdentity
from llm.engines.openvino.compilation import MEMORY_PROPERTIES
from llm.engines.protocol import Checkpoint, CheckpointError, Samples
from llm.model_store.token_classifiers import weight_file
from llm.punctuation.labels import Label, labels_of

_MAX_TOKENS = 512
"""Most tokens of a window, unless the tokenizer allows fewer."""

_MAX_ROWS = 16
"""Windows in one run of the network."""

_SENTENCE_ENDS = (".", "?", "!", "…")


class TokenClassifier:
    """A loaded classifier; see `WordPunctuator`.

    Args:
        checkpoint: an ONNX file or weights, beside `config.json` and the tokenizer's files.
        threads: CPU threads; at least 1.

    Raises:
        CheckpointError: it is no token classifier, or its classes are no marks.
    """

    def __init__(self, checkpoint: Checkpoint, threads: int) -> None:
        from transformers import AutoConfig, AutoTokenizer  # noqa: PLC0415  # takes seconds

        try:
            config = AutoConfig.from_pretrained(checkpoint.folder)
            names = config.id2label or {}
            self._labels = labels_of({int(number): str(name) for number, name in names.items()})
            # without these, «ё» and «й» become other letters, and some tokenizers refuse words
            self._tokenizer = AutoTokenizer.from_pretrained(
                checkpoint.folder, strip_accents=False, add_prefix_space=True
            )
            self._graph = _compile(checkpoint.folder, threads)
        except (OSError, ValueError, RuntimeError) as error:
            raise CheckpointError(f"{checkpoint.name} is no token classifier: {error}") from error
        if not self._tokenizer.is_fast:
            raise CheckpointError(f"{checkpoint.name} has no tokenizer.json.")
        self._inputs = [port.any_name for port in self._graph.inputs]
        self._max_tokens = min(self._tokenizer.model_max_length, _MAX_TOKENS)
        self._identity = ModelIdentity(
            name=checkpoint.name, revision=checkpoint.revision, engine="openvino", device="cpu"
        )

    @property
    def identity(self) -> ModelIdentity:
        """Return the model."""
        return self._identity

    def punctuate(
        self, chunks: Sequence[Samples], words: Sequence[Sequence[str]], language: str
    ) -> list[list[str]]:
        """Add capitals and marks to given words by their text alone; see `WordPunctuator`."""
        windows = [window for of_chunk in words for window in self._windows(of_chunk)]
        labels = iter(
            [
                label
                for first in range(0, len(windows), _MAX_ROWS)
                for label in self._classify(windows[first : first + _MAX_ROWS])
            ]
        )
        return [_written(of_chunk, [next(labels) for _ in of_chunk]) for of_chunk in words]

    def close(self) -> None:
        """Free the memory."""
        del self._graph

    def _windows(self, words: Sequence[str]) -> list[Sequence[str]]:
        """Halve words until each part fits into the network; a single word is cut to fit."""
        encoded = self._tokenizer([_lowered(words)], is_split_into_words=True)
        if len(encoded.input_ids[0]) <= self._max_tokens or len(words) == 1:
            return [words]
        half = len(words) // 2
        return self._windows(words[:half]) + self._windows(words[half:])

    def _classify(self, windows: Sequence[Sequence[str]]) -> list[Label | None]:
        """Return the label of each word's first token; None: the word has no token."""
        encoded = self._tokenizer(
            [_lowered(words) for words in windows],
            is_split_into_words=True,
            padding=True,
            truncation=True,
            max_length=self._max_tokens,
            return_tensors="np",
        )
        classes = self._run(encoded).argmax(axis=2)
        labels: list[Label | None] = []
        for row, words in enumerate(windows):
            first: dict[int, Label] = {}
            for place, word in enumerate(encoded.word_ids(row)):
                if word is not None:
                    first.setdefault(word, self._labels[classes[row, place]])
            labels += [first.get(word) for word in range(len(words))]
        return labels

    def _run(self, encoded: Any) -> NDArray[np.float32]:
        """Return the logits, shape (n_windows, n_tokens, n_classes)."""
        ids = encoded["input_ids"]
        given = {name: encoded.get(name, np.zeros_like(ids)) for name in self._inputs}
        return self._graph({name: value.astype(np.int64) for name, value in given.items()})[0]


def _written(words: Sequence[str], labels: Sequence[Label | None]) -> list[str]:
    written: list[str] = []
    for word, label in zip(words, labels, strict=True):
        begins_sentence = not written or written[-1].endswith(_SENTENCE_ENDS)
        written.append(label.written(word, begins_sentence=begins_sentence) if label else word)
    return written


def _lowered(words: Sequence[str]) -> list[str]:
    return [word.lower() for word in words]


def _compile(folder: Path, threads: int) -> ov.CompiledModel:
    core = ov.Core()
    core.set_property("CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads})
    weights = weight_file(folder)
    model = core.read_model(weights) if weights.suffix == ".onnx" else _converted(folder)
    return core.compile_model(model, "CPU", MEMORY_PROPERTIES)


def _converted(folder: Path) -> ov.Model:
    """Convert weights of PyTorch."""
    import torch  # noqa: PLC0415  # takes seconds
    from transformers import AutoModelForTokenClassification  # noqa: PLC0415

    network = AutoModelForTokenClassification.from_pretrained(folder).eval()
    example = torch.ones((1, 4), dtype=torch.long)
    return ov.convert_model(
        network, example_input={"input_ids": example, "attention_mask": example}
    )
