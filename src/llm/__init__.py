"""The speech model behind an HTTP port: chunks of PCM in, segments of text out."""
