"""Whisper on OpenVINO: features, graphs, their export, and the network that runs them."""
