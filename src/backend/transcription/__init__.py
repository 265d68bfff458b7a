"""The transcription of a recording, from the uploaded file to the stored transcript.

`workflow.py` is the use case: prepare, resolve duplicates, transcribe chunks, assemble.
"""
