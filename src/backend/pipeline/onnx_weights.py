"""Reads the weights of an ONNX file, which is a protocol buffer: fields with numbers.

silero-vad's safetensors file holds other weights, and the package `onnx` would be a large
dependency for this one file.

Source of the numbers: onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

_MODEL_GRAPH = 7
_GRAPH_INITIALIZER = 5
_TENSOR_DIMS, _TENSOR_NAME, _TENSOR_RAW_DATA = 1, 8, 9

_VARINT, _BYTES = 0, 2
"""Wire types; an ONNX file with float32 weights has no others at these places."""


def read_weights(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return the graph's initializers, all float32, by name."""
    model = memoryview(path.read_bytes())
    (graph,) = (value for number, value in _fields(model) if number == _MODEL_GRAPH)
    assert isinstance(graph, memoryview)
    return dict(
        _tensor(value)
        for number, value in _fields(graph)
        if number == _GRAPH_INITIALIZER and isinstance(value, memoryview)
    )


def _tensor(message: memoryview) -> tuple[str, npt.NDArray[np.float32]]:
    dims: list[int] = []
    name, data = "", memoryview(b"")
    for number, value in _fields(message):
        if isinstance(value, int):
            dims += [value] if number == _TENSOR_DIMS else []
        elif number == _TENSOR_NAME:
            name = bytes(value).decode()
        elif number == _TENSOR_RAW_DATA:
            data = value
    return name, np.frombuffer(data, "<f4").reshape(dims)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the number and the value of each field."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        value, position = _varint(message, position)  # the value itself, or its length
        if key & 7 == _VARINT:
            yield key >> 3, value
        elif key & 7 == _BYTES:
            yield key >> 3, message[position : position + value]
            position += value
        else:
            raise ValueError(f"unexpected wire type {key & 7}")


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, the lowest first, and the position after it."""
    value = shift = 0
    while message[position] & 0x80:
        value |= (message[position] & 0x7F) << shift
        position, shift = position + 1, shift + 7
    return value | message[position] << shift, position + 1
