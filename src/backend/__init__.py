"""Recordings in, transcripts out: everything but the speech model itself."""

import os

# ONNX Runtime would report to its maker; it looks at this once, when it is first imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
