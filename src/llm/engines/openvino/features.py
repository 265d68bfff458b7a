"""Whisper's log-mel spectrogram as a small OpenVINO graph.

Source: the Whisper paper, section 2.2, and openai/whisper, `audio.py`.
"""

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op
from transformers.audio_utils import mel_filter_bank

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import Samples

N_FFT = 400
HOP_SAMPLES = 160
HOP_S = HOP_SAMPLES / SAMPLE_RATE

_FLOOR = 1e-10
_DYNAMIC_RANGE = 8.0
"""Powers of ten below the loudest bin at which the spectrogram is clipped."""


class LogMelSpectrogram:
    """Log-mel features of windows of any length, in float32 on any processor.

    Args:
        core: configured with the number of threads.
        n_mels: mel channels, 80 or 128.
    """

    def __init__(self, core: ov.Core, n_mels: int) -> None:
        compiled = core.compile_model(_graph(n_mels), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self._request = compiled.create_infer_request()

    def __call__(self, samples: Samples, n_frames: int) -> NDArray[np.float32]:
        """Return the features of a chunk padded with silence.

        Args:
            samples: at most `n_frames` long.
            n_frames: length of the window in frames of 10 ms.

        Returns:
            Shape (n_mels, n_frames), valid until the next call.
        """
        window = np.zeros(n_frames * HOP_SAMPLES, np.float32)
        window[: len(samples)] = samples
        padded = np.pad(window, N_FFT // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_SAMPLES][:n_frames]
        self._request.infer([np.ascontiguousarray(frames)], share_inputs=True, share_outputs=True)
        return self._request.get_output_tensor().data


def _graph(n_mels: int) -> ov.Model:
    """Map frames of 25 ms, shape (n, 400), to features, shape (n_mels, n).

    The Fourier transform is a matrix product, which is faster at 400 points.
    """
    n_bins = N_FFT // 2 + 1
    angles = 2 * np.pi / N_FFT * np.outer(np.arange(N_FFT), np.arange(n_bins))
    window = np.hanning(N_FFT + 1)[:-1, None]
    filters = mel_filter_bank(
        num_frequency_bins=n_bins,
        num_mel_filters=n_mels,
        min_frequency=0.0,
        max_frequency=SAMPLE_RATE / 2,
        sampling_rate=SAMPLE_RATE,
        norm="slaney",
        mel_scale="slaney",
    )
    frames = op.parameter([-1, N_FFT], np.float32, "frames")
    real, imaginary = (
        op.matmul(frames, (window * waves).astype(np.float32), False, False)
        for waves in (np.cos(angles), np.sin(angles))
    )
    power = op.add(op.multiply(real, real), op.multiply(imaginary, imaginary))
    mel = op.matmul(filters.astype(np.float32), power, transpose_a=True, transpose_b=True)
    loudness = op.divide(op.log(op.maximum(mel, np.float32(_FLOOR))), np.float32(np.log(10)))
    loudest = op.reduce_max(loudness, np.array([0, 1]), keep_dims=True)
    audible = op.maximum(loudness, op.subtract(loudest, np.float32(_DYNAMIC_RANGE)))
    features = op.divide(op.add(audible, np.float32(4)), np.float32(4))
    return ov.Model([op.result(features)], [frames], "features")  # pyright: ignore[reportGeneralTypeIssues]
