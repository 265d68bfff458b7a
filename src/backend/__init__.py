"""Recordings in, transcripts out: everything but the speech model itself."""

import os

# ONNX Runtime would report to its maker; it looks at this once, when it is first imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# the matrices are small: threads of NumPy's library would cost more time than they save
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
