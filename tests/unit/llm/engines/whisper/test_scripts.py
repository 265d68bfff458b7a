"""Words in scripts that a language does not use are found; names and terms are left alone."""

import pytest

from llm.engines.whisper.scripts import has_foreign_script


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("она кинуlish к нему в объятие", "ru"),
        ("слушайте подкaст", "ru"),  # a Latin a
        ("Это не имблemа родного угла", "ru"),
        ("И у ТEP видел её там", "ru"),
        ("можно наобени 엄마", "ru"),
        ("скажите ему λόγος", "ru"),
        ("он сказал 谢谢 и вышел", "ru"),
        ("да مرحبا нет", "ru"),
        ("το kαλό πρωί", "el"),
        ("the paranoъ man", "en"),
        ("his last привет was", "en"),
        ("par m'emmerd機 omi", "fr"),
        ("こんにちは привет", "ja"),
        ("добрий דין день", "uk"),
    ],
)
def test_a_mixed_word_and_a_foreign_script_are_found(text: str, language: str) -> None:
    assert has_foreign_script(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "ru"),
        ("Откройте Google Chrome на iPhone и зайдите в Wi-Fi.", "ru"),
        ("SMS-сообщение пришло в PDFе, а VPNом он не пользуется", "ru"),
        ("Дом №5 на 3D-принтере, 25℃ и 20 м²", "ru"),
        ("α-частица и π", "ru"),
        ("длина 5 μm, 10 kΩ", "ru"),
        ("Ёлка, йод и съезд: ещё бы!", "ru"),
        ("Naïve café, Škoda, Łódź", "en"),
        ("iPhoneを買ったTシャツ、東京", "ja"),
        ("iPhone은 漢字", "ko"),
        ("我用iPhone", "zh"),
        ("добро јутро Beograd", "sr"),
        ("salom салом", "uz"),
        ("नमस्ते Google", "hi"),
        ("привет λόγος", "xx"),
    ],
)
def test_names_terms_symbols_and_own_letters_are_no_issue(text: str, language: str) -> None:
    assert not has_foreign_script(text, language)
