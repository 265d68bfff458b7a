"""Plain text in paragraphs."""

from backend.export.paragraphs import Paragraph, paragraphs_of
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import stamp
from contracts.transcription import Transcript


def to_txt(transcript: Transcript, names: SpeakerNames, *, timestamps: bool) -> str:
    """Return the text, with an empty line between paragraphs.

    Args:
        names: written before each paragraph, after the time.
        timestamps: write the start time before each paragraph.
    """

    def written(paragraph: Paragraph) -> str:
        time = f"{stamp(paragraph.start)} " if timestamps else ""
        name = names.get(paragraph.speaker or "")
        return f"{time}{name}: {paragraph.text}" if name else f"{time}{paragraph.text}"

    text = "\n\n".join(map(written, paragraphs_of(transcript)))
    return f"{text}\n" if text else ""
