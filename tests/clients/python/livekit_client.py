"""Transcribe with the OpenAI plugin of LiveKit Agents; print what came back as JSON.

Usage: livekit_client.py BASE_URL RECORDING MODEL
"""

import asyncio
import json
import sys
import wave

from livekit import rtc
from livekit.plugins import openai

base_url, path, model = sys.argv[1:]


def frame() -> rtc.AudioFrame:
    with wave.open(path) as file:
        n_samples = file.getnframes()
        rate, n_channels = file.getframerate(), file.getnchannels()
        return rtc.AudioFrame(file.readframes(n_samples), rate, n_channels, n_samples)


async def transcribe() -> str:
    stt = openai.STT(
        base_url=base_url, api_key="any", model=model, language="ru", use_realtime=False
    )
    found = (await stt.recognize(frame())).alternatives[0]
    await stt.aclose()
    return found.text


print(json.dumps({"text": asyncio.run(transcribe())}))
