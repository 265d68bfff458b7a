"""Computes the network of the Silero VAD with NumPy.

Source: silero-vad 6.2, the weights of its ONNX graph for sequences of steps at 16 kHz. ONNX
Runtime takes three times as long for the same probabilities: its convolutions over the few
frames of a step are small products, one a step, and it computes the spectra by convolution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from backend.pipeline.onnx_weights import read_weights

Array = npt.NDArray[np.float32]

STEP_SAMPLES = 512
"""32 ms: the network's step at 16 kHz."""

CONTEXT_SAMPLES = 64
"""Samples before each step that the network sees too."""

_FRAME_SAMPLES = 256
_HOP_SAMPLES = 128
_REFLECTED_SAMPLES = 64
_STRIDES = (1, 2, 2, 1)
"""Of the convolutions, in frames: the four frames of a step become one."""

_HIDDEN = 128
_STEPS_TO_REST = 128
_AT_REST = 1e-6
"""Largest change of the output in a step when the same sound goes on: it nears its limit."""


@dataclass(frozen=True)
class State:
    """What the recurrent layer remembers: its last output and its cells, each of shape (128,)."""

    output: Array
    cells: Array

    @classmethod
    def initial(cls) -> "State":
        """Return the state before the first step."""
        return cls(np.zeros(_HIDDEN, np.float32), np.zeros(_HIDDEN, np.float32))


class SileroNetwork:
    """The loaded network; without state between calls, safe to share between threads."""

    def __init__(self) -> None:
        weights = read_weights(_model_path())
        self._window = np.hanning(_FRAME_SAMPLES + 1)[:-1].astype(np.float32)
        self._convolutions = [
            (
                np.ascontiguousarray(weights[f"encoder.{layer}.weight"].transpose(2, 1, 0)),
                weights[f"encoder.{layer}.bias"],
                stride,
            )
            for layer, stride in enumerate(_STRIDES)
        ]
        # the gates are input, output, forget and cell; sigmoid(x) is (1 + tanh(x / 2)) / 2
        halved = np.repeat(np.array([0.5, 0.5, 0.5, 1.0], np.float32), _HIDDEN)
        bias = weights["onnx::LSTM_211"].reshape(2, -1).sum(axis=0)
        self._input_weights = np.ascontiguousarray(weights["onnx::LSTM_209"][0].T * halved)
        self._output_weights = weights["onnx::LSTM_210"][0] * halved[:, None]
        self._gate_bias = bias * halved
        self._speech_weights = weights["output.weight"].reshape(_HIDDEN)
        self._speech_bias = weights["output.bias"]

    def probabilities(self, steps: Array, state: State) -> tuple[Array, State]:
        """Return the probability of speech in each step, and the state after the last one.

        Args:
            steps: shape (n_steps, 64 + 512), each preceded by the end of the one before.
            state: after the step before the first one.
        """
        if (steps == steps[0]).all():  # digital silence
            outputs, state = self._repeat(steps[:1], len(steps), state)
        else:
            outputs, state = self._recur(self._encode(steps), state)
        logits = np.maximum(outputs, 0) @ self._speech_weights + self._speech_bias
        return np.reciprocal(1 + np.exp(-logits)), state

    def _repeat(self, step: Array, n_steps: int, state: State) -> tuple[Array, State]:
        """Return the outputs for the same step again and again, until they no longer change."""
        encoded = np.repeat(self._encode(step), min(n_steps, _STEPS_TO_REST), axis=0)
        outputs = np.empty((n_steps, _HIDDEN), np.float32)
        for start in range(0, n_steps, _STEPS_TO_REST):
            part = outputs[start : start + _STEPS_TO_REST]
            part[:], state = self._recur(encoded[: len(part)], state)
            if len(part) > 1 and np.abs(part[-1] - part[-2]).max() < _AT_REST:
                outputs[start + len(part) :] = part[-1]
                break
        return outputs, state

    def _encode(self, steps: Array) -> Array:
        """Return what the recurrent layer gets of each step, shape (n_steps, 128)."""
        reflected = steps[:, -2 : -2 - _REFLECTED_SAMPLES : -1]
        padded = np.concatenate([steps, reflected], axis=1)
        starts = range(0, padded.shape[1] - _FRAME_SAMPLES + 1, _HOP_SAMPLES)
        frames: list[Array] = [
            np.abs(np.asarray(rfft(padded[:, start : start + _FRAME_SAMPLES] * self._window)))
            for start in starts
        ]
        for taps, bias, stride in self._convolutions:
            frames = _convolve(frames, taps, bias, stride)
        return frames[0]

    def _recur(self, encoded: Array, state: State) -> tuple[Array, State]:
        """Run the recurrent layer (LSTM), step by step: most of the time goes here."""
        inputs = encoded @ self._input_weights + self._gate_bias
        outputs = np.empty((len(inputs), _HIDDEN), np.float32)
        output, cells = state.output, state.cells.copy()
        gates = np.empty(4 * _HIDDEN, np.float32)
        sigmoids, (keep, emit, forget, new) = gates[: 3 * _HIDDEN], gates.reshape(4, -1)
        for from_input, following in zip(inputs, outputs, strict=True):
            np.dot(self._output_weights, output, out=gates)
            np.add(gates, from_input, out=gates)
            np.tanh(gates, out=gates)
            np.add(sigmoids, 1, out=sigmoids)
            np.multiply(sigmoids, 0.5, out=sigmoids)
            np.multiply(forget, cells, out=cells)
            np.multiply(keep, new, out=new)
            np.add(cells, new, out=cells)
            np.tanh(cells, out=new)
            np.multiply(emit, new, out=following)
            output = following
        return outputs, State(output.copy(), cells)


def _convolve(frames: Sequence[Array], taps: Array, bias: Array, stride: int) -> list[Array]:
    """Return the frames after a convolution over three of them and a ReLU.

    Args:
        frames: of all steps, in order, each of shape (n_steps, n_inputs); none follows the last.
        taps: shape (3, n_inputs, n_outputs).
    """
    convolved: list[Array] = []
    for center in range(0, len(frames), stride):
        total = frames[center] @ taps[1]
        total += bias
        if center > 0:
            total += frames[center - 1] @ taps[0]
        if center + 1 < len(frames):
            total += frames[center + 1] @ taps[2]
        convolved.append(np.maximum(total, 0, out=total))
    return convolved


def _model_path() -> Path:
    package = find_spec("silero_vad")
    assert package is not None
    assert package.submodule_search_locations is not None
    folder = Path(package.submodule_search_locations[0])
    return folder / "data" / "silero_vad_16k_sequence.onnx"
