"""Read a Whisper model in CTranslate2's format and convert it to transformers' layout.

Source: CTranslate2's `model_spec.py`, which writes version 6 of the format. All numbers are
little-endian.
"""

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]

FORMAT_VERSION = 6
_DTYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""Indexed by CTranslate2's type number."""

_LAYER_PARTS = {
    "self_attention/layer_norm": "self_attn_layer_norm",
    "self_attention/linear_1": "self_attn.out_proj",
    "attention/layer_norm": "encoder_attn_layer_norm",
    "attention/linear_0": "encoder_attn.q_proj",
    "attention/linear_2": "encoder_attn.out_proj",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
}
_STACKED_PARTS = {
    "self_attention/linear_0": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attention/linear_1": ("encoder_attn.k_proj", "encoder_attn.v_proj"),
}
_OTHER_PARTS = {
    "conv1": "conv1",
    "conv2": "conv2",
    "layer_norm": "layer_norm",
    "embeddings": "embed_tokens",
    "position_encodings": "embed_positions",
}
_LEAVES = {
    "weight": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "encodings": "weight",
}


class FormatError(ValueError):
    """The file is not a Whisper model in the supported format."""


def read_variables(model_bin: bytes) -> Tensors:
    """Return the variables of a `model.bin` by name, without aliases.

    Raises:
        FormatError: the format or version is another.
    """
    stream = io.BytesIO(model_bin)

    def number(code: str) -> int:
        return struct.unpack(f"<{code}", stream.read(struct.calcsize(code)))[0]

    def text() -> str:
        return stream.read(number("H")).rstrip(b"\0").decode()

    version, spec, _revision = number("I"), text(), number("I")
    if (version, spec) != (FORMAT_VERSION, "WhisperSpec"):
        raise FormatError(f"Expected WhisperSpec version 6, found {spec!r} version {version}.")
    variables: Tensors = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = np.dtype(_DTYPES[number("B")]).newbyteorder("<")
        variables[name] = np.frombuffer(stream.read(number("I")), dtype).reshape(shape)
    return variables


def rename_to_transformers(variables: Tensors) -> Tensors:
    """Return the weights under the names of transformers' Whisper, values unchanged.

    CTranslate2 stacks the projections of query, key and value; this splits them. Whisper's key
    projection has no bias, so the zeros in its place are dropped.
    """
    renamed: Tensors = {}
    for name, tensor in variables.items():
        stack, _, rest = name.partition("/")
        path, _, leaf = rest.rpartition("/")
        if leaf not in _LEAVES:
            continue
        prefix, part = f"model.{stack}", path
        if path.startswith("layer_") and path != "layer_norm":
            layer, _, part = path.partition("/")
            prefix += f".layers.{layer.removeprefix('layer_')}"
        for target, piece in _pieces(part, tensor):
            if not (target.endswith("k_proj") and leaf == "bias"):
                renamed[f"{prefix}.{target}.{_LEAVES[leaf]}"] = np.ascontiguousarray(piece)
    return renamed


def _pieces(part: str, tensor: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    if part in _STACKED_PARTS:
        targets = _STACKED_PARTS[part]
        return list(zip(targets, np.split(tensor, len(targets)), strict=True))
    single = _LAYER_PARTS.get(part) or _OTHER_PARTS.get(part)
    if single is None:
        raise FormatError(f"Unknown part of a Whisper model: {part!r}.")
    return [(single, tensor)]
