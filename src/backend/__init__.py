"""Recordings in, transcripts out: everything but the speech model itself."""
