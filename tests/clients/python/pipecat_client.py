"""Transcribe with pipecat's OpenAISTTService; print what came back as JSON.

Usage: pipecat_client.py BASE_URL RECORDING MODEL
"""

import asyncio
import json
import sys
from pathlib import Path

from loguru import logger
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.transcriptions.language import Language

base_url, path, model = sys.argv[1:]
logger.remove()


async def texts() -> list[str]:
    service = OpenAISTTService(
        api_key="any", base_url=base_url, include_prob_metrics=True,
        settings=OpenAISTTService.Settings(
            model=model, language=Language.RU_RU, keywords=["Волга"]
        ),
    )  # fmt: skip
    frames = [frame async for frame in service.run_stt(Path(path).read_bytes())]
    return [frame.text for frame in frames]


print(json.dumps({"text": " ".join(asyncio.run(texts()))}))
