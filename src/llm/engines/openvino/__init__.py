"""Whisper on OpenVINO, the fastest engine on a CPU."""
