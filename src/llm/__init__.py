"""The speech model as an HTTP service: chunks of PCM in, segments of text out."""
