"""Recordings in, transcripts out: everything but the speech model itself."""

import os

# the matrices are small: threads of NumPy's library would cost more time than they save
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
