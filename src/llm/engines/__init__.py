"""Inference engines: one package each, behind one protocol."""
