"""The options choose how text is written; the model's own words are always kept."""

from backend.readable.punctuation import with_punctuation
from backend.readable.text import rewrite_text, write_readable
from contracts.options import TranscribeOptions, Typography
from contracts.transcription import ChunkSegment, Segment
from unit.backend.readable.test_punctuation import segment

SPOKEN = "пришло двадцать пять человек"
PUNCTUATED = ["Пришло", "двадцать", "пять", "человек."]


def punctuated() -> list[ChunkSegment]:
    return with_punctuation([segment(SPOKEN)], PUNCTUATED)


def written(language: str = "ru", **options: object) -> ChunkSegment:
    (found,) = write_readable(punctuated(), language, TranscribeOptions.model_validate(options))
    return found


def test_marks_are_kept_by_default() -> None:
    found = written()
    assert (found.text, found.raw_text) == ("Пришло двадцать пять человек.", SPOKEN)


def test_punctuation_none_gives_the_models_own_words() -> None:
    found = written(punctuation="none")
    assert (found.text, found.raw_text) == (SPOKEN, None)
    assert [(word.word, word.spoken) for word in found.words or []] == [
        (word, None) for word in SPOKEN.split()
    ]


def test_numbers_in_digits_keep_what_was_said() -> None:
    found = written(numbers="digits")
    assert (found.text, found.raw_text) == ("Пришло 25 человек.", SPOKEN)
    number = (found.words or [])[1]
    assert (number.word, number.spoken, number.start, number.end) == ("25", "двадцать пять", 1, 2.5)


def test_numbers_of_a_language_without_a_grammar_stay() -> None:
    assert written("kk", numbers="digits").text == "Пришло двадцать пять человек."


def test_the_text_of_a_model_that_punctuates_is_not_touched() -> None:
    own = segment("Да, это так.")
    assert write_readable([own], "ru", TranscribeOptions()) == [own]


def test_a_segment_without_words_stays_as_it_is() -> None:
    own = segment("двадцать пять").model_copy(update={"words": None})
    assert write_readable([own], "ru", TranscribeOptions.model_validate({"numbers": "digits"})) == [
        own
    ]


def typeset(text: str, **options: object) -> str:
    chosen = TranscribeOptions.model_validate({"typography": "auto", **options})
    (found,) = write_readable([segment(text)], "ru", chosen)
    assert (found.raw_text or found.text) == text
    return found.text


def test_typography_is_written_on_request_and_keeps_the_models_words() -> None:
    assert typeset('Еще - "Труд".') == "Ещё — «Труд»."
    assert typeset('Еще "Труд".', typography="none") == 'Еще "Труд".'


def test_typography_follows_numbers() -> None:
    assert typeset("Еще двадцать пять", numbers="digits") == "Ещё 25"


def test_a_translation_is_not_russian_text() -> None:
    assert typeset('The "Labour" paper', task="translate") == 'The "Labour" paper'


def test_terms_are_written_after_punctuation_and_before_typography() -> None:
    options = TranscribeOptions(glossary="еж = Ежи", typography=Typography.AUTO)
    (found,) = write_readable([segment("это еще еж.")], "ru", options)
    assert (found.text, found.raw_text) == ("это ещё Ежи.", "это еще еж.")


def stored(found: ChunkSegment) -> Segment:
    return Segment(index=0, words=found.words, **found.model_dump(exclude={"words"}))


def again(found: ChunkSegment, **options: object) -> Segment:
    (rewritten,) = rewrite_text([stored(found)], "ru", TranscribeOptions.model_validate(options))
    return rewritten


def test_a_text_is_written_anew_as_if_it_had_been_so_from_the_start() -> None:
    """If this fails, a user who tries another setting cannot come back to the first one."""
    ways = [{}, {"numbers": "digits"}, {"punctuation": "none"}, {"glossary": "человек = ЧЕЛОВЕК"}]
    for before in ways:
        for after in ways:
            rewritten, wanted = again(written(**before), **after), written(**after)
            assert (rewritten.text, rewritten.raw_text) == (wanted.text, wanted.raw_text), (
                before,
                after,
            )


def test_a_corrected_segment_is_written_anew_beneath_its_correction() -> None:
    corrected = stored(written()).model_copy(
        update={"text": "Пришло 25 людей.", "original_text": "Пришло двадцать пять человек."}
    )
    options = TranscribeOptions.model_validate({"numbers": "digits"})
    assert [one.text for one in rewrite_text([corrected], "ru", options)] == ["Пришло 25 человек."]


def test_a_text_whose_words_are_not_all_stored_is_left_alone() -> None:
    """Else the words without a time would be lost."""
    longer = stored(written()).model_copy(update={"text": "Пришло двадцать пять человек. И кот."})
    wordless = longer.model_copy(update={"words": None})
    assert rewrite_text([longer, wordless], "ru", TranscribeOptions()) == []
