"""Store the names of speakers, and which of them are the same person."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import (
    find_rows,
    follow_merges,
    named_speakers,
    segments_of,
    speakers_of,
)
from backend.storage.database.row_writers import lemma_text
from backend.storage.database.tables import SegmentRow, SpeakerEditRow, SpeakerRow
from backend.storage.database.totals import speech_recounted
from contracts.transcription import Speaker


class SpeakerStore:
    """The speakers of all jobs; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def name(self, job_id: str, owner: str | None, speaker: str, name: str | None) -> list[Speaker]:
        """Name a speaker, or merge it with the one that has the name; return all speakers.

        Args:
            owner: None for any.
            speaker: its id, also that of a merged one.
            name: None undoes a merge, or else removes the name.

        Raises: JobNotFoundError: no job of that owner has the id, or it has no such speaker.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            known = _known_speakers(session, row.number)
            if speaker not in known:
                raise JobNotFoundError("The transcription has no speaker with this id.")
            with speech_recounted(session, row):
                _set_name(session, known, known[speaker], name)
            row.revision += 1
            session.flush()
            return speakers_of(session, row.number, segments_of(session, row.number))


def _known_speakers(session: Session, number: int) -> dict[str, SpeakerRow]:
    """Return a row for each speaker of a transcription, stored or not."""
    ids: set[str] = set()
    for table in (SegmentRow, SpeakerEditRow):
        query = select(table.speaker).where(table.transcription_number == number).distinct()
        ids.update(filter(None, session.scalars(query)))
    rows = {each: SpeakerRow(transcription_number=number, speaker=each) for each in ids}
    return rows | named_speakers(session, number)


def _set_name(
    session: Session, known: dict[str, SpeakerRow], row: SpeakerRow, name: str | None
) -> None:
    undoes_merge = not name and row.merged_into
    row.merged_into = _other_speaker_named(known, row.speaker, name) if name else None
    if not row.merged_into and not undoes_merge:
        row.name = name or None
        row.name_lemmas = f" {lemma_text(name)} " if name else None
    session.add(row)


def _other_speaker_named(known: dict[str, SpeakerRow], speaker: str, name: str) -> str | None:
    """Return another speaker that is shown under a name."""
    merged = {
        each: row.merged_into for each, row in known.items() if row.merged_into and each != speaker
    }
    shown = {follow_merges(merged, each) for each in known} - {speaker}
    names = {(known[each].name or each).casefold(): each for each in sorted(shown, reverse=True)}
    return names.get(name.casefold())
