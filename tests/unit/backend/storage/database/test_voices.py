"""If these fail, a voice is suggested to strangers, or stays after it was to be forgotten."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from backend.errors import TooManyVoicesError, VoiceNotFoundError, WrongStateError
from backend.storage.database import Database, Stores
from backend.storage.database import voices as voices_module
from backend.storage.database.backup import back_up
from contracts.transcription import Speaker
from contracts.voices import VoiceProfile
from unit.backend.storage.database.recorded import NOON, OWNER
from unit.backend.storage.database.test_speakers import conversation

PRINT = np.array([0.6, -0.8], np.float32)


async def remember(
    stores: Stores, name: str = "Анна", owner: str = OWNER, seconds: float = 20.0
) -> VoiceProfile:
    return await stores.voices.put(owner, name, PRINT, speech_s=seconds, created_at=NOON)


async def speakers(stores: Stores, job_id: str) -> list[Speaker]:
    result = (await stores.jobs.get(job_id)).result
    assert result
    return result.speakers


async def test_a_voice_is_kept_listed_renamed_and_deleted(stores: Stores) -> None:
    petr, anna = await remember(stores, "Пётр"), await remember(stores)
    assert await stores.voices.all(OWNER) == [anna, petr]
    assert list(await stores.voices.prints(OWNER)) == [petr.id, anna.id]
    assert (await stores.voices.prints(OWNER))[anna.id] == pytest.approx(PRINT)
    renamed = await stores.voices.rename(anna.id, OWNER, "Анна Иванова")
    assert renamed == anna.model_copy(update={"name": "Анна Иванова"})
    with pytest.raises(WrongStateError):
        await stores.voices.rename(petr.id, OWNER, "анна иванова")
    await stores.voices.delete(petr.id, OWNER)
    assert await stores.voices.all(OWNER) == [renamed]


async def test_remembering_a_name_again_replaces_its_voice(stores: Stores) -> None:
    first = await remember(stores)
    again = await remember(stores, "анна", seconds=40.0)
    assert again.id == first.id
    assert await stores.voices.all(OWNER) == [first.model_copy(update={"speech_s": 40.0})]


async def test_another_owner_has_no_access(stores: Stores) -> None:
    """Else one user's biometric data would be another's to use and delete."""
    voice = await remember(stores)
    assert await stores.voices.all("other") == []
    assert await stores.voices.prints("other") == {}
    with pytest.raises(VoiceNotFoundError):
        await stores.voices.rename(voice.id, "other", "Мария")
    with pytest.raises(VoiceNotFoundError):
        await stores.voices.delete(voice.id, "other")
    job_id = await conversation(stores, owner="other")
    await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})
    assert (await speakers(stores, job_id))[0].suggestion is None
    assert await stores.voices.all(OWNER) == [voice]


async def test_the_number_of_voices_is_limited(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices_module, "MAX_VOICES", 1)
    await remember(stores)
    with pytest.raises(TooManyVoicesError):
        await remember(stores, "Пётр")
    await remember(stores)  # the same name again
    await remember(stores, owner="other")


async def test_a_suggestion_is_shown_until_the_speaker_has_a_name(stores: Stores) -> None:
    job_id, voice = await conversation(stores), await remember(stores)
    await stores.voices.suggest(job_id, {"S2": (voice.id, 0.87)})
    first, second, _ = await speakers(stores, job_id)
    assert (first.suggestion, second.name) == (None, None)
    assert second.suggestion
    assert second.suggestion.model_dump() == {
        "voice": voice.id,
        "name": "Анна",
        "certainty": 0.87,
    }
    before = await stores.jobs.revision(job_id, OWNER)
    await stores.voices.rename(voice.id, OWNER, "Мария")
    assert (await speakers(stores, job_id))[1].suggestion.name == "Мария"
    assert await stores.jobs.revision(job_id, OWNER) > before  # else a cache shows the old name
    await stores.speakers.name(job_id, OWNER, "S2", "Ольга")
    assert (await speakers(stores, job_id))[1].suggestion is None


async def test_with_a_voice_its_suggestions_are_deleted(stores: Stores) -> None:
    job_id, voice = await conversation(stores), await remember(stores)
    await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})
    before = await stores.jobs.revision(job_id, OWNER)
    await stores.voices.delete(voice.id, OWNER)
    assert (await speakers(stores, job_id))[0].suggestion is None
    assert await stores.jobs.revision(job_id, OWNER) > before
    await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})  # found before the deletion
    assert (await speakers(stores, job_id))[0].suggestion is None


async def test_a_voice_outlives_the_transcript_it_was_suggested_in(stores: Stores) -> None:
    job_id, voice = await conversation(stores), await remember(stores)
    await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})
    await stores.jobs.delete(job_id)
    assert await stores.voices.all(OWNER) == [voice]


async def test_a_backup_has_no_voice(sqlite: Database, tmp_path: Path) -> None:
    """Else a voice that its owner has forgotten would come back with a restored backup."""
    stores = Stores(sqlite)
    job_id, voice = await conversation(stores), await remember(stores)
    await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})
    back_up(tmp_path / "test.db", tmp_path / "copy")
    assert PRINT.tobytes() not in (tmp_path / "copy").read_bytes()
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        counts = "SELECT (SELECT count(*) FROM voices), (SELECT count(*) FROM voice_suggestions)"
        assert copy.execute(counts).fetchone() == (0, 0)
    assert await stores.voices.all(OWNER) == [voice]
