"""Other systems with the same weights, each in its own process.

`python -m bench.baselines NAME THREADS MODEL_DIR FILE…` prints one JSON line per file, then one
with the peak memory. The seconds do not include loading the model.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

WINDOW_S = 30
RATE = 16_000

Transcribe = Callable[[str], str]


def transformers_hard_cuts(model_dir: Path, threads: int) -> Transcribe:
    """Run transformers in float32 on hard cuts of 30 s, even in the middle of a word."""
    import librosa
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    torch.set_num_threads(threads)
    processor = WhisperProcessor.from_pretrained(model_dir)
    model = WhisperForConditionalGeneration.from_pretrained(model_dir, dtype=torch.float32).eval()

    def transcribe(path: str) -> str:
        samples, _ = librosa.load(path, sr=RATE, mono=True)
        texts = []
        for start in range(0, len(samples), WINDOW_S * RATE):
            window = samples[start : start + WINDOW_S * RATE]
            inputs = processor(window, sampling_rate=RATE, return_tensors="pt")
            with torch.inference_mode():
                tokens = model.generate(
                    inputs.input_features, language="ru", task="transcribe", num_beams=1
                )
            texts += processor.batch_decode(tokens, skip_special_tokens=True)
        return " ".join(texts)

    return transcribe


def faster_whisper_sequential(model_dir: Path, threads: int) -> Transcribe:
    """Run CTranslate2 in int8, one window after another, greedily."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(model_dir), device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe(path: str) -> str:
        segments, _ = model.transcribe(path, language="ru", beam_size=1, vad_filter=True)
        return " ".join(segment.text for segment in segments)

    return transcribe


def faster_whisper_batched(model_dir: Path, threads: int) -> Transcribe:
    """Run CTranslate2 in int8, sixteen windows at once, greedily."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(str(model_dir), device="cpu", compute_type="int8", cpu_threads=threads)
    pipeline = BatchedInferencePipeline(model)

    def transcribe(path: str) -> str:
        segments, _ = pipeline.transcribe(path, language="ru", beam_size=1, batch_size=16)
        return " ".join(segment.text for segment in segments)

    return transcribe


BASELINES: dict[str, tuple[str, Callable[[Path, int], Transcribe]]] = {
    "transformers fp32, cut every 30 s": ("transformers", transformers_hard_cuts),
    "faster-whisper int8, sequential": ("ctranslate2", faster_whisper_sequential),
    "faster-whisper int8, batched 16": ("ctranslate2", faster_whisper_batched),
}
"""The checkpoint format and the loader of each system, by name."""


def main() -> None:
    """Transcribe the files with one system."""
    name, threads, model_dir, *files = sys.argv[1:]
    transcribe = BASELINES[name][1](Path(model_dir), int(threads))
    for file in files:
        started = time.perf_counter()
        text = transcribe(file)
        seconds = time.perf_counter() - started
        print(json.dumps({"file": file, "seconds": seconds, "text": text}), flush=True)
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak_bytes}), flush=True)


if __name__ == "__main__":
    main()
