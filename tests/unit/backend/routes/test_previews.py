"""What is told of an upload before it is transcribed; recordings without speech, so no llm."""

import asyncio
import io
import wave
from pathlib import Path

import httpx
import numpy as np
import pytest

from audio_files import tone, write_encoded, write_silent_video, write_wav
from backend import previews as previews_module
from backend.owner_limit import OwnerTurns
from live_server import serving

pytestmark = pytest.mark.whole_app

VERSION = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def a_tone(tmp_path: Path) -> bytes:
    """Four seconds at a quarter of full scale, after one of silence."""
    signal = np.concatenate([np.zeros(16_000, np.float32), tone(4, level=0.25)])
    return write_wav(tmp_path / "tone.wav", [signal]).read_bytes()


async def upload(client: httpx.AsyncClient, content: bytes, length: int | None = None) -> str:
    """Return the address of an upload that holds a content; `length`: what is announced."""
    headers = {
        **VERSION,
        "Upload-Length": str(length or len(content)),
        "Content-Type": "application/offset+octet-stream",
        "Upload-Metadata": "filename 0JfQsNC/0LjRgdGMLndhdg==",
    }
    answer = await client.post("/v1/uploads/", headers=headers, content=content)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def decoded_ones(files_left) -> list[Path]:
    return [path for path in files_left() if path.parent.name == "work"]


async def test_it_is_told_what_is_in_a_file(client, a_tone) -> None:
    answer = await client.get(f"{await upload(client, a_tone)}/recording")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["name"] == "Запись.wav"
    assert found["size_bytes"] == len(a_tone)
    assert (found["container"], found["codec"]) == ("wav", "pcm_s16le")
    assert (found["sample_rate"], found["channels"]) == (16_000, 1)
    assert found["duration_s"] == 5.0
    assert found["peak_dbfs"] == pytest.approx(-12.04, abs=0.1)
    peaks = np.array(found["waveform"]["peaks"])
    n_silent = round(1 / found["waveform"]["bucket_s"])
    assert not peaks[: n_silent - 1].any()
    assert peaks[n_silent + 1 :] == pytest.approx(0.25, abs=0.02)
    assert found["estimate_s"] is None, "there is no llm, and nothing it has done"


async def test_where_nobody_speaks_nothing_is_made_loud(client, a_tone) -> None:
    url = await upload(client, a_tone)
    found = (await client.get(f"{url}/recording?normalization=peak&target_peak=0.9")).json()
    assert (found["gain_db"], found["loudness_lufs"]) == (0.0, None)
    assert found["normalized"] == found["waveform"]


async def test_an_excerpt_is_the_very_sound_of_that_moment(client, a_tone) -> None:
    url = await upload(client, a_tone)
    answer = await client.get(f"{url}/excerpt?start_s=0.5&duration_s=1&normalization=none")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (
            16_000,
            1,
            16_000,
        )
        samples = np.frombuffer(sound.readframes(16_000), "<i2")
    assert samples.tobytes() == a_tone[44 + 2 * 8_000 : 44 + 2 * 24_000]


async def test_an_excerpt_ends_with_the_recording(client, a_tone) -> None:
    url = await upload(client, a_tone)
    for start_s, n_frames in ((4.5, 8_000), (5.0, 0), (1e9, 0)):
        answer = await client.get(f"{url}/excerpt?start_s={start_s}&duration_s=15")
        with wave.open(io.BytesIO(answer.content)) as sound:
            assert sound.getnframes() == n_frames


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("duration_s=15.1", "/duration_s"),
        ("duration_s=0", "/duration_s"),
        ("duration_s=nan", "/duration_s"),
        ("start_s=-1", "/start_s"),
        ("start_s=inf", "/start_s"),
        ("normalization=loud", "/normalization"),
        ("normalization=peak&target_lufs=-20", "/target_lufs"),
        ("target_lufs=-99", "/target_lufs"),
        ("gain=5", "/gain"),
    ],
)
async def test_what_makes_no_sense_is_pointed_at(client, a_tone, query, pointer) -> None:
    answer = await client.get(f"{await upload(client, a_tone)}/excerpt?{query}")
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_it_needs_the_whole_file(client, a_tone) -> None:
    url = await upload(client, a_tone, length=len(a_tone) + 1)
    for call in ("recording", "excerpt"):
        answer = await client.get(f"{url}/{call}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")
        unknown = await client.get(f"/v1/uploads/{'0' * 32}/{call}")
        assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")


async def test_what_a_job_would_be_refused_for_is_told_and_nothing_is_left(
    client, tmp_path, files_left
) -> None:
    """The page shows it beside the file, before anybody waits for anything."""
    video = write_silent_video(tmp_path / "video.mp4").read_bytes()
    for content, expected in (
        (b"nothing that is sound" * 9, (415, "/problems/unsupported-media")),
        (video, (400, "/problems/no-audio-stream")),
    ):
        url = await upload(client, content)
        for _ in range(2):
            answer = await client.get(f"{url}/recording")
            assert (answer.status_code, answer.json()["type"]) == expected
    assert decoded_ones(files_left) == []


async def test_a_file_is_decoded_once_however_often_it_is_asked_about(
    client, tmp_path, files_left
) -> None:
    stereo = write_encoded(tmp_path / "a.flac", tone(1), "flac", layout="stereo")
    url = await upload(client, stereo.read_bytes())
    calls = ("recording", "excerpt", "recording?normalization=none", "excerpt?start_s=0.5")
    answers = await asyncio.gather(*(client.get(f"{url}/{call}") for call in calls))
    assert {answer.status_code for answer in answers} == {200}
    (decoded,) = decoded_ones(files_left)
    made = decoded.stat()
    assert (await client.get(f"{url}/recording?normalization=peak")).status_code == 200
    assert decoded.stat() == made


async def test_a_job_can_begin_while_its_upload_is_looked_into(client, a_tone) -> None:
    """Who is in a hurry does not wait for the picture, and gets no error of it."""
    url = await upload(client, a_tone)
    upload_id = url.rpartition("/")[2]
    looked, begun = await asyncio.gather(
        client.get(f"{url}/recording"),
        client.post("/v1/transcriptions", json={"upload_id": upload_id}),
    )
    assert begun.status_code == 202, begun.text
    assert looked.status_code in (200, 404)
    assert (await client.get(f"{url}/recording")).status_code == 404


async def test_decoded_recordings_are_swept(client, a_tone, files_left, monkeypatch) -> None:
    """The upload is gone, or nobody asks any more: else they would fill the disk."""
    url = await upload(client, a_tone)
    await client.get(f"{url}/recording")
    assert len(decoded_ones(files_left)) == 1
    await client.delete(url, headers=VERSION)
    kept = await upload(client, a_tone)
    await client.get(f"{kept}/recording")
    assert len(decoded_ones(files_left)) == 2
    previews = client._transport.app.state.services.previews
    monkeypatch.setattr(previews, "_sweep_s", 0.02)
    sweeping = asyncio.create_task(previews.sweep_forever())
    await until(lambda: len(decoded_ones(files_left)) == 1)
    assert (await client.get(f"{kept}/excerpt")).status_code == 200
    monkeypatch.setattr(previews, "_idle_s", 0.0)
    await until(lambda: decoded_ones(files_left) == [])
    sweeping.cancel()
    assert (await client.get(f"{kept}/excerpt")).status_code == 200, "it is decoded again"


async def test_only_the_last_ones_are_kept(client, a_tone, files_left, monkeypatch) -> None:
    monkeypatch.setattr(previews_module, "MAX_KEPT", 2)
    for _ in range(4):
        await client.get(f"{await upload(client, a_tone)}/recording")
    assert len(decoded_ones(files_left)) == 2


async def test_nothing_decoded_outlives_the_backend(app, a_tone, files_left) -> None:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        await client.get(f"{await upload(client, a_tone)}/recording")
        assert decoded_ones(files_left)
    assert decoded_ones(files_left) == []


async def until(is_so) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.02)


async def test_of_a_long_recording_the_beginning_is_analyzed(
    client, a_tone, files_left, monkeypatch
) -> None:
    """Otherwise a small file that holds hours of silence fills the disk."""
    monkeypatch.setattr(previews_module, "MAX_DECODED_BYTES", 3 * 32_000)
    url = await upload(client, a_tone)
    found = (await client.get(f"{url}/recording")).json()
    assert found["duration_s"] == 5.0
    assert 3.0 <= found["analyzed_s"] < 5.0
    (decoded,) = decoded_ones(files_left)
    assert decoded.stat().st_size < len(a_tone)
    whole = await upload(client, a_tone[: 44 + 2 * 32_000])
    assert (await client.get(f"{whole}/recording")).json()["analyzed_s"] is None


async def test_a_short_recording_does_not_wait_for_long_ones(app, client, a_tone) -> None:
    previews = app.state.services.previews
    async with previews._long_turns.turn("another owner"), asyncio.timeout(20):
        assert (await client.get(f"{await upload(client, a_tone)}/recording")).status_code == 200


async def test_kept_recordings_have_a_limit_of_bytes(
    client, a_tone, files_left, monkeypatch
) -> None:
    monkeypatch.setattr(previews_module, "MAX_KEPT_BYTES", 400_000)
    for _ in range(4):
        await client.get(f"{await upload(client, a_tone)}/recording")
    assert len(decoded_ones(files_left)) == 2


async def test_an_analysis_that_takes_too_long_ends(app, client, a_tone, files_left, monkeypatch):
    monkeypatch.setattr(previews_module, "TIMEOUT_S", 0.0)
    url = await upload(client, a_tone)
    answer = await client.get(f"{url}/recording")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/overloaded")
    assert decoded_ones(files_left) == []
    monkeypatch.setattr(previews_module, "TIMEOUT_S", 60.0)
    assert (await client.get(f"{url}/recording")).status_code == 200


async def test_a_client_that_hangs_up_ends_its_analysis(
    app, a_tone, files_left, monkeypatch
) -> None:
    """Otherwise previews that nobody waits for hold those of others."""
    monkeypatch.setattr(previews_module, "GRACE_S", 0.05)
    monkeypatch.setattr(previews_module, "MAX_UNFINISHED", 1)
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
        previews = app.state.services.previews
        async with previews._short_turns.turn("another owner"):
            path = await upload(client, a_tone)
            asking = asyncio.create_task(client.get(f"{path}/recording"))
            await until(lambda: len(decoded_ones(files_left)) == 1)
            second = await client.get(f"{await upload(client, a_tone)}/recording")
            assert (second.status_code, second.json()["type"]) == (503, "/problems/overloaded")
            asking.cancel()
            await until(lambda: decoded_ones(files_left) == [])
        assert (await client.get(f"{path}/recording")).status_code == 200


async def test_analyses_of_one_owner_take_turns_with_those_of_others() -> None:
    """Otherwise one key with many uploads holds the previews of all others."""
    turns, order = OwnerTurns(), []

    async def work(owner: str) -> None:
        async with turns.turn(owner):
            order.append(owner)
            await asyncio.sleep(0)

    async with turns.turn("first"):
        waiting = [asyncio.create_task(work(owner)) for owner in ("a", "a", "a", "a", "b", "c")]
        await asyncio.sleep(0)
        waiting[1].cancel()
    await asyncio.wait(waiting)
    assert order == ["a", "b", "c", "a", "a"]
