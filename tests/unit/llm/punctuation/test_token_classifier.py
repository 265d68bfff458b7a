"""If these fail, PUNCTUATION_MODEL changes words, or a published layout cannot be loaded."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.punctuation import MAX_WORD_CHARS, MAX_WORDS
from llm.engines.protocol import Checkpoint, CheckpointError
from llm.model_store.token_classifiers import punctuation_checkpoint
from llm.punctuation.token_classifier import TokenClassifier
from llm.settings import LlmSettings
from unit.llm.model_store.stand_in_hub import NAME, stand_in_hub
from unit.llm.token_classifiers import (
    MARKS_ONLY,
    SBERT,
    write_onnx_classifier,
    write_torch_classifier,
)

SAMPLES = np.zeros(16_000, np.float32)

CLASSES = {
    "привет": "UPPER_COMMA",
    "как": "LOWER_O",
    "дела": "LOWER_QUESTION",
    "ёж": "UPPER_TIRE",
    "оон": "UPPER_TOTAL_PERIOD",
    "straße": "UPPER_TOTAL_O",
    "кто": "LOWER_DEFIS",
    "опря": "LOWER_COMMA",
}


def loaded(folder: Path) -> TokenClassifier:
    return TokenClassifier(Checkpoint("classifier", "1", folder), threads=1)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> TokenClassifier:
    return loaded(write_onnx_classifier(tmp_path_factory.mktemp("rupunct"), CLASSES))


def punctuated(model: TokenClassifier, text: str) -> str:
    (words,) = model.punctuate([SAMPLES], [text.split()], "ru")
    return " ".join(words)


def test_words_get_the_marks_and_capitals_of_rupunct_s_labels(classifier: TokenClassifier) -> None:
    assert punctuated(classifier, "привет как дела ёж и оон") == "Привет, как дела? Ёж — и ООН."


def test_a_hyphen_that_would_join_words_is_left_out(classifier: TokenClassifier) -> None:
    assert punctuated(classifier, "кто то") == "кто то"


def test_the_first_part_of_a_divided_word_decides(classifier: TokenClassifier) -> None:
    assert punctuated(classifier, "опрятный кот") == "опрятный, кот"


def test_a_capital_that_would_change_the_letters_is_left_out(classifier: TokenClassifier) -> None:
    assert punctuated(classifier, "straße") == "straße"


def test_sbert_s_classes_without_names_are_known(tmp_path: Path) -> None:
    """kontur-ai/sbert_punc_case_ru: the configuration numbers the classes, the code names them."""
    classes = {"привет": "LABEL_7", "дела": "LABEL_4", "оон": "LABEL_10"}
    model = loaded(write_torch_classifier(tmp_path / "sbert", classes, SBERT))
    assert punctuated(model, "привет как дела оон") == "Привет, как дела? ООН."


def test_marks_without_case_give_capitals_to_sentences(tmp_path: Path) -> None:
    classes = {"да": ",", "так": ".", "нет": "?"}
    model = loaded(write_onnx_classifier(tmp_path / "marks", classes, MARKS_ONLY))
    assert punctuated(model, "да это так а нет да") == "Да, это так. А нет? Да,"


def test_chunks_of_a_batch_do_not_mix(classifier: TokenClassifier) -> None:
    found = classifier.punctuate([SAMPLES] * 2, [["привет"], ["как", "дела"]], "ru")
    assert found == [["Привет,"], ["как", "дела?"]]


@pytest.mark.parametrize("n_words", [1, 254, 255, MAX_WORDS])
def test_long_chunks_are_divided(classifier: TokenClassifier, n_words: int) -> None:
    """Each word here is two tokens, and the network takes 512."""
    assert punctuated(classifier, " ".join(["опрятный"] * n_words)) == " ".join(
        ["опрятный,"] * n_words
    )


def test_a_word_that_is_too_long_is_no_failure(classifier: TokenClassifier) -> None:
    for word in ("опря" + "тный" * (MAX_WORD_CHARS // 4 - 1), "€" * MAX_WORD_CHARS):
        assert punctuated(classifier, f"{word} дела") == f"{word} дела?"


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(list(CLASSES)),
            st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=9),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_word_is_changed_added_or_dropped(classifier: TokenClassifier, words: list[str]) -> None:
    (found,) = classifier.punctuate([SAMPLES], [words], "ru")
    assert len(found) == len(words)
    for word, written in zip(words, found, strict=True):
        assert written.lower().startswith(word.lower())
        assert written[len(word) :] in {"", ",", ".", "?", " —"}


def test_a_model_of_other_classes_is_refused(tmp_path: Path) -> None:
    folder = write_onnx_classifier(tmp_path / "ner", {"анна": "B-PER"}, ["O", "B-PER", "I-PER"])
    with pytest.raises(CheckpointError, match="no marks: O, B-PER"):
        loaded(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.onnx"])
def test_a_broken_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_onnx_classifier(tmp_path / "broken", CLASSES)
    (folder / name).write_bytes(b"{")
    with pytest.raises(CheckpointError):
        loaded(folder)


def llm_settings(tmp_path: Path, **changes: object) -> LlmSettings:
    values = {"data_dir": tmp_path / "data", "hf_home": tmp_path / "hf", **changes}
    return LlmSettings(_env_file=None, **values)  # pyright: ignore


def test_a_folder_without_a_classifier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        punctuation_checkpoint(str(tmp_path / "none"), llm_settings(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="no token classifier"):
        punctuation_checkpoint(str(tmp_path / "empty"), llm_settings(tmp_path))


def test_a_classifier_of_the_hub_is_downloaded_once(tmp_path: Path) -> None:
    """It has the very files of a speech model in ONNX format, and others that loading needs."""
    folder = write_onnx_classifier(tmp_path / "source", CLASSES)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    with stand_in_hub(files | {"pytorch_model.bin": b"not needed"}) as hub:
        own = llm_settings(tmp_path, hf_endpoint=hub.address)
        first = punctuation_checkpoint(NAME, own)
        assert sorted(hub.sent) == sorted(files)
    second = punctuation_checkpoint(NAME, own)
    assert (second.folder, second.revision) == (first.folder, hub.commit)
    assert punctuated(loaded(second.folder), "привет") == "Привет,"


def test_the_weights_are_the_revision_of_a_folder(tmp_path: Path) -> None:
    folder = write_onnx_classifier(tmp_path / "a", CLASSES)
    other = shutil.copytree(folder, tmp_path / "b")
    (other / "model.onnx").write_bytes(b"other")
    own = llm_settings(tmp_path)
    revisions = {punctuation_checkpoint(str(path), own).revision for path in (folder, other)}
    assert len(revisions) == 2
