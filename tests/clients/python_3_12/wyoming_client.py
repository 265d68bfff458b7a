"""Transcribe through wyoming_openai, with the events that Home Assistant sends; print JSON.

Source: homeassistant/components/wyoming/stt.py of Home Assistant, commit
03d11c07590dbecc68d3f6f88ddb840e0df44c94.
Usage: wyoming_client.py BASE_URL RECORDING
"""

import asyncio
import json
import socket
import subprocess
import sys
import wave

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient

base_url, path = sys.argv[1:]
FORMAT = {"rate": 16_000, "width": 2, "channels": 1}
PIECE_SAMPLES = 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def connected(port: int) -> AsyncTcpClient:
    for _ in range(300):
        client = AsyncTcpClient("127.0.0.1", port)
        try:
            await client.connect()
        except OSError:
            await asyncio.sleep(0.1)
        else:
            return client
    raise TimeoutError("wyoming_openai does not listen")


async def transcribe(port: int) -> str:
    client = await connected(port)
    await client.write_event(Transcribe(language="ru").event())
    await client.write_event(AudioStart(**FORMAT).event())
    with wave.open(path) as file:
        while samples := file.readframes(PIECE_SAMPLES):
            await client.write_event(AudioChunk(audio=samples, **FORMAT).event())
    await client.write_event(AudioStop().event())
    while (event := await client.read_event()) is not None:
        if Transcript.is_type(event.type):
            await client.disconnect()
            return Transcript.from_event(event).text
    raise ConnectionError("wyoming_openai closed the connection")


port = free_port()
options = {
    "uri": f"tcp://127.0.0.1:{port}", "languages": "ru", "stt-openai-url": base_url,
    "stt-openai-key": "any", "stt-models": "whisper-1",
}  # fmt: skip
arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
server = subprocess.Popen([sys.executable, "-m", "wyoming_openai", *arguments])
try:
    print(json.dumps({"text": asyncio.run(asyncio.wait_for(transcribe(port), 120))}))
finally:
    server.terminate()
    server.wait()
