"""Transcribe with LiteLLM; print what came back as JSON.

Usage: litellm_client.py BASE_URL RECORDING
"""

import json
import os
import sys
from pathlib import Path

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it waits for a list of prices

import litellm

base_url, path = sys.argv[1:]


def transcribe(**options):
    with Path(path).open("rb") as file:
        return litellm.transcription(
            model="openai/whisper-1", file=file, api_base=base_url, api_key="any", language="ru",
            **options,
        )  # fmt: skip


verbose = transcribe(response_format="verbose_json", timestamp_granularities=["word"])
found = {
    "text": transcribe().text,
    "srt": transcribe(response_format="srt").text,
    "words": [word["word"] for word in verbose.words],
    "duration": verbose.duration,
}
print(json.dumps(found))
