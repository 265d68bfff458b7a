"""Transcribe with LangChain's OpenAIWhisperParser; print what came back as JSON.

Usage: langchain_client.py BASE_URL RECORDING
"""

import json
import sys

import imageio_ffmpeg
from langchain_community.document_loaders.parsers.audio import OpenAIWhisperParser
from langchain_core.documents.base import Blob
from pydub import AudioSegment

AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()  # the parser sends MP3

base_url, path = sys.argv[1:]
parser = OpenAIWhisperParser(api_key="any", base_url=base_url, language="ru")
found = {"text": " ".join(page.page_content for page in parser.parse(Blob.from_path(path)))}
print(json.dumps(found))
