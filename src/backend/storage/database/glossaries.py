"""Store the glossary that each owner saved."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import GlossaryFullError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.tables import GlossaryRow
from contracts.glossary import with_terms


class GlossaryStore:
    """The saved glossaries; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def get(self, owner: str) -> str:
        """Return an owner's glossary; empty if none is saved."""
        with self._database.reading() as session:
            return _saved(session, owner)

    @transaction
    def put(self, owner: str, glossary: str) -> None:
        """Save an owner's glossary; an empty one is deleted."""
        with self._database.writing() as session:
            _save(session, owner, glossary)

    @transaction
    def add(self, owner: str, terms: str) -> str:
        """Add terms to an owner's glossary and return it; they replace those spoken alike.

        Raises: GlossaryFullError: it would have too many lines.
        """
        with self._database.writing() as session:
            try:
                glossary = with_terms(_saved(session, owner, lock=True), terms)
            except ValueError as error:
                raise GlossaryFullError(f"The glossary is full: {error}.") from None
            _save(session, owner, glossary)
            return glossary


def _saved(session: Session, owner: str, *, lock: bool = False) -> str:
    query = select(GlossaryRow.glossary).where(GlossaryRow.owner == owner)
    return session.scalar(query.with_for_update() if lock else query) or ""


def _save(session: Session, owner: str, glossary: str) -> None:
    if glossary:
        session.merge(GlossaryRow(owner=owner, glossary=glossary))
    elif row := session.get(GlossaryRow, owner):
        session.delete(row)
