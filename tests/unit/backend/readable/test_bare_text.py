"""If these fail, marks are added where a model wrote them, or the llm gets too much at once."""

from backend.readable.bare_text import MAX_RUN_S, bare_runs, is_mostly_bare
from contracts.transcription import Segment
from unit.backend.readable.words import words_of
from unit.backend.storage.database.recorded import segment


def spoken(*texts: str, every_s: float = 5.0) -> list[Segment]:
    """Return a segment for each text; they begin at equal intervals."""
    segments: list[Segment] = []
    for index, text in enumerate(texts):
        one = segment(index, text, with_words=True)
        shift_s = index * every_s - one.start
        words = [
            word.model_copy(update={"start": word.start + shift_s, "end": word.end + shift_s})
            for word in one.words or []
        ]
        segments.append(one.model_copy(update={"words": words}))
    return segments


def texts_of(segments: list[Segment]) -> list[str]:
    return [" ".join(word.word for word in run) for run in bare_runs(segments)]


def test_runs_follow_the_speech_and_fit_into_a_request() -> None:
    runs = bare_runs(spoken(*["раз два три"] * 20))
    assert sum(map(len, runs)) == 60
    assert all(run[-1].end - run[0].start <= MAX_RUN_S for run in runs)
    assert len(runs) == 4


def test_a_long_segment_is_divided_in_its_widest_pause() -> None:
    (first,) = spoken("раз два")
    one, two = first.words or []
    later = two.model_copy(update={"start": 40.0, "end": 40.5})
    joined = first.model_copy(update={"words": [one, later]})
    assert texts_of([joined]) == ["раз", "два"]


def test_ten_thousand_words_without_a_pause_are_divided() -> None:
    """If this fails, one long segment of an old transcript keeps all its texts without marks."""
    (one,) = spoken("раз два")
    text = " ".join(["слово"] * 10_000)
    words = words_of(text)
    runs = bare_runs([one.model_copy(update={"text": text, "words": words})])
    assert [word for run in runs for word in run] == words
    assert all(run[-1].end - run[0].start <= MAX_RUN_S for run in runs)
    assert len(runs) <= 10_000 / MAX_RUN_S + 2, "the llm is asked for a few words at a time"


def test_words_with_marks_are_left_alone() -> None:
    segments = spoken("раз два", "Три, четыре.", "пять", "шесть")
    assert texts_of(segments) == ["раз два", "пять шесть"]
    assert is_mostly_bare(segments)
    assert not is_mostly_bare(spoken("раз", "Два, три.", "Четыре!"))


def test_voices_that_speak_at_once_are_not_mixed() -> None:
    assert texts_of(spoken("раз два три четыре", "пять", every_s=0.2)) == [
        "раз два три четыре",
        "пять",
    ]


def test_a_text_without_the_times_of_its_words_has_nothing_to_punctuate() -> None:
    assert not is_mostly_bare([segment(0, "раз два")])
    assert bare_runs([segment(0, "раз два")]) == []
