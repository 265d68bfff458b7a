"""Inference engines: each in a file of its own, behind one protocol."""
