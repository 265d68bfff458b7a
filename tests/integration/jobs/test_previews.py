"""If this fails, the preview of an upload shows a wrong loudness, gain or duration."""

import io
import wave

import numpy as np
import pytest

from backend.pipeline.normalize import loudness_lufs
from integration.jobs.backend_client import ended, send, until
from speech_corpus import russian_sentences
from testbed.speech import concatenated
from unit.backend.routes.test_previews import upload

pytestmark = pytest.mark.slow


async def test_a_preview_predicts_normalisation_and_duration_of_a_job(client, llm) -> None:
    # estimates follow recordings of more than 30 s
    speech = concatenated(russian_sentences(6), pause_s=0.5).read_bytes()
    url = await upload(client, speech)
    found = (await client.get(f"{url}/recording?target_lufs=-18")).json()
    assert found["gain_db"] == pytest.approx(-18 - found["loudness_lufs"], abs=0.01)
    assert found["estimate_s"] is None, "no job has finished yet"
    louder = np.array(found["waveform"]["peaks"]) * 10 ** (found["gain_db"] / 20)
    assert found["normalized"]["peaks"] == pytest.approx(np.minimum(louder, 1), abs=2e-2)

    wav = (await client.get(f"{url}/excerpt?duration_s=15&target_lufs=-18")).content
    with wave.open(io.BytesIO(wav)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32_768
    assert loudness_lufs([np.float32(samples)]) == pytest.approx(-18, abs=1.5)

    llm.delay_s = 2.0
    await ended(client, await send(client, speech))
    alone = (await client.get(f"{url}/recording")).json()["estimate_s"]
    assert alone >= 2
    llm.delay_s = 60.0
    await send(client, speech, beam_size="2")
    await until(lambda: llm.begun.total() >= 1)
    waiting = (await client.get(f"{url}/recording")).json()["estimate_s"]
    assert waiting == pytest.approx(2 * alone, abs=0.5), "another job is ahead of it"
