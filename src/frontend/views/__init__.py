"""The views of the page: a new transcription, a job, the history, statistics."""
