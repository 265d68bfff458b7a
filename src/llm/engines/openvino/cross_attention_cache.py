"""Keys and values of the decoder's cross-attention, for a batch of chunks."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from llm.engines.openvino.graphs import Dimensions

Block = NDArray[Any]
"""Memory for a cache, shape (n,), in the storage type of its `CacheType`."""


class CacheType(Enum):
    """The type of keys and values, with the type in which numpy stores them."""

    FP32 = (ov.Type.f32, np.float32)
    BF16 = (ov.Type.bf16, np.uint16)

    def __init__(self, element: ov.Type, storage: type[np.generic]) -> None:
        self.element = element
        self.storage = np.dtype(storage)

    @property
    def n_bytes(self) -> int:
        """Bytes of one element."""
        return self.storage.itemsize

    def tensor(self, array: NDArray[Any]) -> ov.Tensor:
        """Return a tensor that shares the memory of a contiguous array."""
        return ov.Tensor(array, ov.Shape(array.shape), self.element)

    def to_floats(self, array: NDArray[Any]) -> NDArray[np.float32]:
        """Return the numbers that an array stores."""
        if self is CacheType.FP32:
            return array
        return (array.astype(np.uint32) << 16).view(np.float32)


class CrossAttentionCache:
    """Keys and values of several rows, in one array per name.

    Attributes:
        arrays: `key.N`, shape (rows, heads, size, frames), and `value.N`, shape (rows, heads,
            frames, size), for each layer N of the decoder.
        cache_type: of the numbers in the arrays.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]], cache_type: CacheType) -> None:
        self.arrays = arrays
        self.cache_type = cache_type

    @classmethod
    def in_block(
        cls, block: Block, sizes: Dimensions, n_rows: int, n_frames: int, cache_type: CacheType
    ) -> "CrossAttentionCache":
        """Lay the arrays out in a block of at least `n_elements`."""
        heads, size = sizes.decoder_heads, sizes.width // sizes.decoder_heads
        length = n_rows * sizes.width * n_frames
        arrays: dict[str, NDArray[Any]] = {}
        for layer in range(sizes.decoder_layers):
            first = 2 * layer * length
            keys, values = block[first : first + length], block[first + length :][:length]
            arrays[f"key.{layer}"] = keys.reshape(n_rows, heads, size, n_frames)
            arrays[f"value.{layer}"] = values.reshape(n_rows, heads, n_frames, size)
        return cls(arrays, cache_type)

    @staticmethod
    def n_elements(sizes: Dimensions, n_rows: int, n_frames: int) -> int:
        """Return the length of the block that the rows need."""
        return 2 * sizes.decoder_layers * sizes.width * n_rows * n_frames

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.arrays.values())))

    def tensors(self) -> dict[str, ov.Tensor]:
        """Return tensors that share the memory of the arrays, which must outlive them."""
        return {name: self.cache_type.tensor(array) for name, array in self.arrays.items()}

    def keys(self, row: int, layer: int, head: int) -> NDArray[np.float32]:
        """Return the keys of one head, shape (size, frames)."""
        return self.cache_type.to_floats(self.arrays[f"key.{layer}"][row, head])

    def take(self, rows: Sequence[int]) -> "CrossAttentionCache":
        """Return the given rows in the given order; repetitions are allowed.

        Consecutive rows are a view; others are copied.
        """
        first, end = rows[0], rows[-1] + 1
        chosen = slice(first, end) if list(rows) == list(range(first, end)) else list(rows)
        arrays = {name: array[chosen] for name, array in self.arrays.items()}
        return CrossAttentionCache(arrays, self.cache_type)
