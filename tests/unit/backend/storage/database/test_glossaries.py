"""If these fail, saved glossaries are lost, mixed up between owners, or missing in backups."""

import asyncio
from pathlib import Path

from backend.storage.database import Database, GlossaryStore
from backend.storage.database.backup import back_up, restore


async def test_each_owner_has_a_glossary(database: Database) -> None:
    glossaries = GlossaryStore(database)
    await glossaries.put("anna", "Лось")
    await glossaries.put("boris", "Гусев")
    await glossaries.put("anna", "Аэлита")
    assert await glossaries.get("anna") == "Аэлита"
    await glossaries.put("anna", "")
    await glossaries.put("anna", "")
    assert (await glossaries.get("anna"), await glossaries.get("boris")) == ("", "Гусев")
    await glossaries.put("boris", "")


async def test_terms_that_are_added_at_once_are_all_kept(sqlite: Database) -> None:
    """Two open pages may add a term at the same moment."""
    glossaries = GlossaryStore(sqlite)
    await asyncio.gather(*(glossaries.add("anna", f"слово{n}") for n in range(8)))
    assert set((await glossaries.get("anna")).splitlines()) == {f"слово{n}" for n in range(8)}


async def test_a_backup_has_the_glossaries(sqlite: Database, tmp_path: Path) -> None:
    await GlossaryStore(sqlite).put("anna", "Лось")
    back_up(tmp_path / "test.db", tmp_path / "copy")
    await GlossaryStore(sqlite).put("anna", "")
    sqlite.close()
    restore(tmp_path / "copy", tmp_path / "test.db")
    restored = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
    assert await GlossaryStore(restored).get("anna") == "Лось"
    restored.close()
