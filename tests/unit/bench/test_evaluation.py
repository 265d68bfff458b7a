"""If these fail, `make evaluate` recommends the wrong model, or states wrong figures."""

import csv
import io
import json
from pathlib import Path

import pytest

from bench.evaluate import installed_models
from bench.evaluation import Evaluation, Transcribed, recommendation
from bench.evaluation_report import as_csv, as_html, as_markdown
from bench.recordings import read_manifest

REFERENCE = "Да, это так. А что потом?"


def evaluation(model: str, *texts: str, seconds: float = 1.0) -> Evaluation:
    heard = [Transcribed(REFERENCE, text, 10.0, seconds) for text in texts]
    return Evaluation(model, heard, 2**20)


def test_each_rate_counts_its_own_errors() -> None:
    found = evaluation("a", REFERENCE, "да это так а что потом", "Да, это сяк. А что потом?")
    assert found.wer.value == pytest.approx(100 / 18)
    assert 0 < found.cer.value < found.wer.value
    assert found.punctuation_f1.value == pytest.approx(80.0)  # six right, three missed
    assert found.wer.low == 0.0 <= found.wer.value <= found.wer.high
    assert found.rtf == pytest.approx(0.1)


def test_marks_of_added_words_are_wrong_ones() -> None:
    found = evaluation("a", "Да, это так. А что потом? Ну, да.")
    assert found.punctuation_f1.value == pytest.approx(100 * 6 / 8)


def test_a_model_that_writes_nothing_is_a_result_too() -> None:
    silent = evaluation("a", "", "")
    assert (silent.wer.value, silent.punctuation_f1.value) == (100.0, 0.0)


def test_the_model_with_fewer_errors_is_recommended_where_that_is_sure() -> None:
    good = evaluation("good", *[REFERENCE] * 9, seconds=9.0)
    bad = evaluation("bad", *["Да, это сяк. А кто потом?"] * 9)
    assert recommendation([bad, good]) == "Use good."


def test_the_faster_one_is_recommended_where_the_difference_may_be_chance() -> None:
    slow = evaluation("slow", *[REFERENCE] * 9, seconds=3.0)
    fast = evaluation("fast", *[REFERENCE] * 8, "Да, это сяк. А что потом?")
    advice = recommendation([slow, fast])
    assert advice.startswith("Use fast. slow makes fewer errors here")
    assert "3.0 times" in advice


def test_of_two_models_with_as_many_errors_neither_makes_fewer() -> None:
    slow, fast = (
        evaluation(name, REFERENCE, seconds=n) for name, n in (("slow", 3.0), ("fast", 1.0))
    )
    assert recommendation([slow, fast]) == "Use fast."


def test_one_model_alone_is_not_recommended() -> None:
    advice = recommendation([evaluation("a", REFERENCE)])
    assert advice == "Only a was evaluated: name another model to compare it with."


def test_the_reports_have_every_model_and_no_markup_of_names() -> None:
    every = [evaluation("<b>a</b>", REFERENCE), evaluation("b", "Да.")]
    page = as_html(every, "Use <b>.", "CPU")
    assert "&lt;b&gt;a" in page
    assert "<b>a" not in page
    assert as_markdown(every).count("\n") == 3
    rows = list(csv.DictReader(io.StringIO(as_csv(every))))
    assert [(row["model"], row["recordings"]) for row in rows] == [("<b>a</b>", "1"), ("b", "1")]
    assert float(rows[0]["wer"]) == 0.0


def test_models_of_the_hub_s_cache_are_found(tmp_path: Path) -> None:
    for name, kind in (("org--one", "whisper"), ("org--two", "bert")):
        folder = tmp_path / "hub" / f"models--{name}" / "snapshots" / "abc"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"model_type": kind}))
    assert installed_models(tmp_path) == ["embedded/whisper-base", "org/one"]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"file": "a.wav"}', '{"file": "b.wav", "text": "да"}', ""]
)
def test_a_bad_manifest_is_refused_before_anything_starts(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    manifest = tmp_path / "recordings.jsonl"
    manifest.write_text(line)
    with pytest.raises(SystemExit, match="recordings"):
        read_manifest(manifest)
    manifest.write_text('{"file": "a.wav", "text": "Да.", "language": "en"}\n')
    (one,) = read_manifest(manifest)
    assert (one.path, one.language) == (tmp_path / "a.wav", "en")
