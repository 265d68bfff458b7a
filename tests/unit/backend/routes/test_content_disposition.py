"""The names that downloads are saved under."""

import re
from email.message import Message
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.routes.content_disposition import attachment
from backend.storage.files import display_name


def plain_name(header: str) -> str:
    return header.split('"')[1]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Съезд, щёлочь.mp3", "S'ezd, shcheloch'.srt"),
        ('Утро "1"; 50%.mp3', "Utro _1_; 50_.srt"),
        ("会议.m4a", "HuiYi.srt"),
        ("«Утро».wav", "__Utro__.srt"),
    ],
)
def test_who_reads_ascii_only_can_read_the_name_all_the_same(name: str, plain: str) -> None:
    assert plain_name(attachment(f"{PurePath(name).stem}.srt")) == plain


@given(st.text(max_size=60).map(display_name) | st.sampled_from(["5/6 марта", "a\\b", ".."]))
def test_any_name_comes_back_from_the_header_and_nothing_else_does(name: str) -> None:
    header = attachment(f"{name}.txt")
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert not set("/\\:") & set(plain_name(header))
    message = Message()
    message["Content-Disposition"] = header.replace(f'filename="{plain_name(header)}"; ', "")
    saved = message.get_filename()
    assert saved.endswith(".txt")
    assert saved.removesuffix(".txt") == re.sub(r"[/\\]", "_", name)
