"""If these fail, words of some language run together, or Chinese sentences are torn apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.spacing import join_texts, separator


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["However,", "due to"], "However, due to"),
        (["Привет.", "Как дела?"], "Привет. Как дела?"),
        (["你好。", "我是小明。"], "你好。我是小明。"),
        (["你好", "我是小明"], "你好我是小明"),
        (["你好.", "我是小明"], "你好.我是小明"),
        (["他说“好”", "“是吗”"], "他说“好”“是吗”"),
        (["今日は晴れ。", "ラーメン"], "今日は晴れ。ラーメン"),
        (["你好。", "However, no."], "你好。However, no."),
        (["We use", "微信"], "We use 微信"),
        (["안녕하세요.", "반갑습니다."], "안녕하세요. 반갑습니다."),
        (["สวัสดีครับ", "ผมชื่อสมชาย"], "สวัสดีครับ ผมชื่อสมชาย"),
        (["เขาใช้", "Google Cloud"], "เขาใช้ Google Cloud"),
        ([" a ", "", "  ", "b"], "a b"),
        ([], ""),
    ],
)
def test_texts_join_as_their_scripts_do(texts: list[str], joined: str) -> None:
    assert join_texts(texts) == joined


@given(st.lists(st.text()))
def test_joining_adds_spaces_and_nothing_else(texts: list[str]) -> None:
    assert "".join(join_texts(texts).split()) == "".join("".join(texts).split())


@given(st.text(), st.text())
def test_texts_of_scripts_with_spaces_are_always_apart(before: str, after: str) -> None:
    assert separator(f"{before}word", f"слово{after}") == " "
