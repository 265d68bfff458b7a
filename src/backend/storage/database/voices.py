"""Store voice profiles, and which speakers they are suggested for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.errors import TooManyVoicesError, VoiceNotFoundError, WrongStateError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import lock_row
from backend.storage.database.tables import TranscriptionRow, VoiceRow, VoiceSuggestionRow
from backend.storage.files import new_id
from contracts.voices import MAX_VOICES, VoiceProfile

_STORED = "<f4"


class VoiceStore:
    """The voice profiles of all owners; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def put(
        self,
        owner: str,
        name: str,
        voice_print: NDArray[np.float32],
        *,
        speech_s: float,
        created_at: datetime,
    ) -> VoiceProfile:
        """Add a profile, or replace the print of the one that has the name.

        Args:
            voice_print: shape (size,).
            speech_s: seconds of speech that it is made of.

        Raises: TooManyVoicesError: the owner has `MAX_VOICES` already.
        """
        with self._database.writing() as session:
            row = _named(session, owner, name)
            if row is None:
                if _count(session, owner) >= MAX_VOICES:
                    raise TooManyVoicesError(f"There are {MAX_VOICES} voices already.")
                row = VoiceRow(id=new_id(), owner=owner, name=name)
                session.add(row)
            row.print = voice_print.astype(_STORED).tobytes()
            row.speech_s, row.created_at = round(speech_s, 3), created_at
            return _profile(row)

    @transaction
    def all(self, owner: str) -> list[VoiceProfile]:
        """Return an owner's profiles, by name."""
        with self._database.reading() as session:
            profiles = [_profile(row) for row in session.scalars(_of(owner))]
        return sorted(profiles, key=lambda profile: (profile.name.casefold(), profile.id))

    @transaction
    def prints(self, owner: str) -> dict[str, NDArray[np.float32]]:
        """Return an owner's voice prints by the ids of the profiles."""
        with self._database.reading() as session:
            return {
                row.id: np.frombuffer(row.print, _STORED).astype(np.float32)
                for row in session.scalars(_of(owner))
            }

    @transaction
    def rename(self, voice_id: str, owner: str, name: str) -> VoiceProfile:
        """Rename a profile, also where it is suggested.

        Raises:
            VoiceNotFoundError: no profile of that owner has the id.
            WrongStateError: another profile has the name.
        """
        with self._database.writing() as session:
            row = _find(session, voice_id, owner)
            if _named(session, owner, name) not in (None, row):
                raise WrongStateError("Another voice has this name.")
            row.name = name
            _count_change(session, voice_id)
            return _profile(row)

    @transaction
    def delete(self, voice_id: str, owner: str) -> None:
        """Delete a profile with its print and its suggestions.

        Raises: VoiceNotFoundError: no profile of that owner has the id.
        """
        with self._database.writing() as session:
            row = _find(session, voice_id, owner)
            _count_change(session, voice_id)
            session.execute(delete(VoiceRow).where(VoiceRow.id == row.id))

    @transaction
    def suggest(self, job_id: str, suggestions: Mapping[str, tuple[str, float]]) -> None:
        """Replace the suggestions of a job, unless it was deleted; skip deleted profiles.

        Args:
            suggestions: id of the profile and certainty, by speaker.
        """
        with self._database.writing() as session:
            row = lock_row(session, job_id)
            if row is None:
                return
            mine = VoiceSuggestionRow.transcription_number == row.number
            session.execute(delete(VoiceSuggestionRow).where(mine))
            existing = set(session.scalars(_of(row.owner).with_only_columns(VoiceRow.id)))
            session.add_all(
                VoiceSuggestionRow(
                    transcription_number=row.number,
                    speaker=speaker,
                    voice_id=voice_id,
                    certainty=certainty,
                )
                for speaker, (voice_id, certainty) in suggestions.items()
                if voice_id in existing
            )


def _of(owner: str) -> Any:
    return select(VoiceRow).where(VoiceRow.owner == owner)


def _find(session: Session, voice_id: str, owner: str) -> VoiceRow:
    row = session.scalar(_of(owner).where(VoiceRow.id == voice_id))
    if row is None:
        raise VoiceNotFoundError("No voice has this id.")
    return row


def _named(session: Session, owner: str, name: str) -> VoiceRow | None:
    rows = session.scalars(_of(owner))
    return next((row for row in rows if row.name.casefold() == name.casefold()), None)


def _count(session: Session, owner: str) -> int:
    query = select(func.count()).select_from(VoiceRow).where(VoiceRow.owner == owner)
    return session.scalar(query) or 0


def _count_change(session: Session, voice_id: str) -> None:
    """Give the transcripts that a voice is suggested in a new revision: they show its name."""
    numbers = select(VoiceSuggestionRow.transcription_number).where(
        VoiceSuggestionRow.voice_id == voice_id
    )
    session.execute(
        update(TranscriptionRow)
        .where(TranscriptionRow.number.in_(numbers))
        .values(revision=TranscriptionRow.revision + 1)
    )


def _profile(row: VoiceRow) -> VoiceProfile:
    return VoiceProfile(id=row.id, name=row.name, created_at=row.created_at, speech_s=row.speech_s)
