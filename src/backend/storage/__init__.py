"""Stores recordings, uploads, caches and, in `database`, jobs and their transcripts."""
