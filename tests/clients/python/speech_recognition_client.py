"""Transcribe with SpeechRecognition; print what came back as JSON.

Usage: speech_recognition_client.py BASE_URL RECORDING
"""

import json
import os
import sys

import speech_recognition

base_url, path = sys.argv[1:]
os.environ |= {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "any"}

recognizer = speech_recognition.Recognizer()
with speech_recognition.AudioFile(path) as source:
    audio = recognizer.record(source)
print(json.dumps({"text": recognizer.recognize_openai(audio, model="whisper-1", language="ru")}))
