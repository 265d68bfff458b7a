"""The texts in English, one module per view."""

from frontend.i18n.en import (
    frame,
    history,
    new_transcription,
    problems,
    reader,
    sharing,
    statistics,
)

TEXTS: dict[str, str | dict[str, str]] = {
    **frame.TEXTS,
    **history.TEXTS,
    **new_transcription.TEXTS,
    **problems.TEXTS,
    **reader.TEXTS,
    **sharing.TEXTS,
    **statistics.TEXTS,
}
