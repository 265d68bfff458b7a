"""If these fail, a client's file name is shown unsafely, or reaches a path."""

import pytest

from backend.storage.files import DEFAULT_NAME, MAX_NAME_CHARS, display_name, is_id, new_id


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Встреча.mp3", "Встреча.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\записи\\звонок.wav", "звонок.wav"),
        ("a\x00b\r\nc\u2028.wav", "abc.wav"),
        ("\u202egpj.exe", "gpj.exe"),
        ("и\u0306.wav", "й.wav"),
        ("  spaced.ogg ", "spaced.ogg"),
        ("", DEFAULT_NAME),
        (None, DEFAULT_NAME),
        ("..", DEFAULT_NAME),
        ("folder/", DEFAULT_NAME),
        ("\x01\x02", DEFAULT_NAME),
    ],
)
def test_a_display_name_has_no_folders_or_control_characters(sent: str | None, shown: str) -> None:
    assert display_name(sent) == shown


def test_a_long_name_keeps_its_extension() -> None:
    name = display_name("я" * 400 + ".mp3")
    assert len(name) == MAX_NAME_CHARS
    assert name.endswith("я.mp3")
    assert len(display_name("a." + "b" * 400)) == MAX_NAME_CHARS


@pytest.mark.parametrize("text", ["", "..", "../" + "a" * 29, "g" * 32, "A" * 32, "１" * 32])
def test_only_a_generated_id_is_accepted_as_an_id(text: str) -> None:
    assert is_id(new_id())
    assert not is_id(text)
