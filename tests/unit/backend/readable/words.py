"""Words of a text, a second each."""

from contracts.transcription import Word


def words_of(text: str) -> list[Word]:
    return [
        Word(word=word, start=index, end=index + 0.5, probability=0.9)
        for index, word in enumerate(text.split(" "))
    ]


def text_of(words: list[Word]) -> str:
    return " ".join(word.word for word in words)


def spoken_in(words: list[Word]) -> list[str]:
    return " ".join(word.spoken or word.word for word in words).split()
