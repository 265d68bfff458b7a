"""The reader of one job: it runs in the browser and calls the backend through the gateway.

Only the job id and the interface texts pass through Streamlit. The browser fetches the
transcript as data and inserts it as text nodes, so that it cannot become markup.
"""

from collections.abc import Sequence

from contracts.exports import ExportFormat
from contracts.jobs import (
    MAX_FOLDER_CHARS,
    MAX_SEGMENT_CHARS,
    MAX_SPEAKER_NAME_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TITLE_CHARS,
)
from contracts.notes import MAX_NOTE_CHARS
from contracts.options import Diarization
from frontend.components.options_form import LANGUAGES, language_label
from frontend.components.web_component import web_component
from frontend.i18n import Translator

_TEXT_PREFIXES = (
    "reader.", "running.", "stage.", "time_left.", "duration.", "warning.", "problem.",
    "result.", "player.", "edit.", "saving.", "find.", "unsure.", "report.", "export.",
    "shortcuts.", "speaker.", "job.", "share.", "options.language", "options.diarization",
    "options.model", "borders.", "always.", "text.", "notes.", "compare.", "options.punctuation",
    "options.numbers", "options.typography",
)  # fmt: skip
"""Prefixes of the text keys that the reader uses."""

_reader = web_component("reader")


def show_reader(t: Translator, job_id: str, *, can_share: bool, models: Sequence[str] = ()) -> None:
    """Show a job's progress while it runs, then its transcript with player and editor.

    Args:
        can_share: whether links may be made with which others read the transcript.
        models: ids to choose from when it is transcribed again.
    """
    data = {
        "jobId": job_id,
        "canShare": can_share,
        "language": t.language.value,
        "labels": t.templates(_TEXT_PREFIXES),
        "formats": [
            {"name": kind.value, "hasOptionalTimestamps": kind.has_optional_timestamps}
            for kind in ExportFormat
        ],
        "maxSegmentChars": MAX_SEGMENT_CHARS,
        "maxNoteChars": MAX_NOTE_CHARS,
        "maxSpeakerChars": MAX_SPEAKER_NAME_CHARS,
        "maxTitleChars": MAX_TITLE_CHARS,
        "maxFolderChars": MAX_FOLDER_CHARS,
        "maxTagsChars": MAX_TAGS * MAX_TAG_CHARS,
        "languages": [{"code": code, "name": language_label(t, code)} for code in LANGUAGES],
        "models": list(models),
        "diarizations": [each.value for each in Diarization],
    }
    _reader(key="reader", data=data)
