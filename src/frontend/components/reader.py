"""The reader of one transcription: it runs in the browser, and asks the backend itself.

Only the job's id and the page's words go through Streamlit; the transcript reaches the browser
as data and the page as text nodes, so that it cannot become markup.
"""

from contracts.exports import ExportFormat
from frontend.components.web_component import web_component
from frontend.i18n import Translator

_WORDS = (
    "reader.", "running.", "stage.", "time_left.", "duration.", "warning.", "problem.",
    "result.", "player.", "edit.", "saving.", "find.", "unsure.", "export.", "shortcuts.",
)  # fmt: skip
"""What the keys of the reader's own sentences begin with."""

_reader = web_component("reader")


def show_reader(t: Translator, job_id: str) -> None:
    """Show a job: while it runs what it does, then its text, to be heard and corrected."""
    data = {
        "jobId": job_id,
        "language": t.language.value,
        "labels": t.templates(_WORDS),
        "formats": [
            {"name": kind.value, "hasOptionalTimestamps": kind.has_optional_timestamps}
            for kind in ExportFormat
        ],
    }
    _reader(key="reader", data=data)
