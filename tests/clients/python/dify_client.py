"""Transcribe with the class that Dify's provider OpenAI-API-compatible is made of; print JSON.

Usage: dify_client.py BASE_URL RECORDING
"""

import json
import sys
from pathlib import Path

from dify_plugin.entities.model import AIModelEntity
from dify_plugin.interfaces.model.openai_compatible.speech2text import OAICompatSpeech2TextModel

base_url, path = sys.argv[1:]


class Model(OAICompatSpeech2TextModel):
    def get_customizable_model_schema(self, model: str, credentials: dict) -> AIModelEntity | None:
        return None


credentials = {"endpoint_url": base_url, "api_key": "any"}
with Path(path).open("rb") as file:
    text = Model([]).invoke("whisper-1", credentials, file)
print(json.dumps({"text": text}))
