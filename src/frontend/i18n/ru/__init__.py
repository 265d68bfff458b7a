"""The texts in Russian, one module per view."""

from frontend.i18n.ru import (
    evaluation,
    frame,
    history,
    new_transcription,
    problems,
    reader,
    sharing,
    statistics,
)

TEXTS: dict[str, str | dict[str, str]] = {
    **evaluation.TEXTS,
    **frame.TEXTS,
    **history.TEXTS,
    **new_transcription.TEXTS,
    **problems.TEXTS,
    **reader.TEXTS,
    **sharing.TEXTS,
    **statistics.TEXTS,
}
