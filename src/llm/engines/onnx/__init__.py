"""Models in ONNX format, loaded by onnx-asr: GigaAM, T-one, Parakeet, FastConformer and Vosk."""
