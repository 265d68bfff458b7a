"""The API of whisper-asr-webservice, for clients such as bazarr.

Source: https://github.com/ahmetoner/whisper-asr-webservice, `app/webservice.py`.
"""

from backend.routes.asr.audio import router

__all__ = ["router"]
"""`/asr` and `/detect-language`."""
