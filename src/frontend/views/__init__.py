"""What fills the page: a new transcription, a job, its result."""
