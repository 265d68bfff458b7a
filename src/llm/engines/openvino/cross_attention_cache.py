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

MASKED = np.float32(-1e9)
"""Added to a score, it leaves no attention."""

_KEY = "key."


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

    A row may have fewer frames than the arrays: zeros follow them, which `frame_mask` hides.

    Attributes:
        arrays: `key.N`, shape (rows, heads, size, frames), and `value.N`, shape (rows, heads,
            frames, size), for each layer N of the decoder.
        cache_type: of the numbers in the arrays.
        row_frames: frames of each row, shape (rows,).
    """

    def __init__(
        self, arrays: dict[str, NDArray[Any]], cache_type: CacheType, row_frames: NDArray[np.int64]
    ) -> None:
        self.arrays = arrays
        self.cache_type = cache_type
        self.row_frames = row_frames

    @classmethod
    def in_block(
        cls, block: Block, sizes: Dimensions, row_frames: Sequence[int], cache_type: CacheType
    ) -> "CrossAttentionCache":
        """Lay the arrays out in a block of at least `n_elements`, without writing to it.

        Args:
            block: memory for the arrays.
            sizes: of the checkpoint.
            row_frames: frames of each row.
            cache_type: of the numbers.
        """
        heads, size = sizes.decoder_heads, sizes.width // sizes.decoder_heads
        n_rows, n_frames = len(row_frames), max(row_frames)
        length = n_rows * sizes.width * n_frames
        arrays: dict[str, NDArray[Any]] = {}
        for layer in range(sizes.decoder_layers):
            first = 2 * layer * length
            keys, values = block[first : first + length], block[first + length :][:length]
            arrays[f"key.{layer}"] = keys.reshape(n_rows, heads, size, n_frames)
            arrays[f"value.{layer}"] = values.reshape(n_rows, heads, n_frames, size)
        return cls(arrays, cache_type, np.array(row_frames))

    @staticmethod
    def n_elements(sizes: Dimensions, n_rows: int, n_frames: int) -> int:
        """Return the length of the block that rows of at most `n_frames` need."""
        return 2 * sizes.decoder_layers * sizes.width * n_rows * n_frames

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_frames)

    def tensors(self) -> dict[str, ov.Tensor]:
        """Return tensors that share the memory of the arrays, which must outlive them."""
        return {name: self.cache_type.tensor(array) for name, array in self.arrays.items()}

    def unpadded(self, row: int) -> dict[str, NDArray[Any]]:
        """Return the arrays of one row without padding, to be written before `pad`.

        They are contiguous, begin where the row begins, and share its memory.
        """
        n_frames = int(self.row_frames[row])
        found: dict[str, NDArray[Any]] = {}
        for name, array in self.arrays.items():
            heads, size, longest = _frames_last(name, array[row]).shape
            is_key = name.startswith(_KEY)
            shape = (1, heads, size, n_frames) if is_key else (1, heads, n_frames, size)
            packed = array[row].reshape(-1)[: array[row].size // longest * n_frames]
            found[name] = packed.reshape(shape)
        return found

    def pad(self, row: int) -> None:
        """Move what was written to `unpadded` to its places, and write zeros after it."""
        n_frames = int(self.row_frames[row])
        for name, packed in self.unpadded(row).items():
            padded = _frames_last(name, self.arrays[name][row])
            if n_frames < padded.shape[-1]:
                padded[..., :n_frames] = _frames_last(name, packed[0])
                padded[..., n_frames:] = 0

    def frame_mask(self) -> NDArray[np.float32]:
        """Return the mask that hides the padding, shape (rows, 1, 1, frames)."""
        n_frames = self.arrays[f"{_KEY}0"].shape[-1]
        is_padding = np.arange(n_frames) >= self.row_frames[:, None]
        return np.where(is_padding, MASKED, np.float32(0))[:, None, None]

    def keys(self, row: int, layer: int, head: int) -> NDArray[np.float32]:
        """Return the keys of one head without padding, shape (size, frames of the row)."""
        keys = self.arrays[f"{_KEY}{layer}"][row, head]
        return self.cache_type.to_floats(keys[:, : self.row_frames[row]])

    def take(self, rows: Sequence[int]) -> "CrossAttentionCache":
        """Return the given rows in the given order; repetitions are allowed.

        Consecutive rows are a view; others are copied.
        """
        first, end = rows[0], rows[-1] + 1
        chosen = slice(first, end) if list(rows) == list(range(first, end)) else list(rows)
        arrays = {name: array[chosen] for name, array in self.arrays.items()}
        return CrossAttentionCache(arrays, self.cache_type, self.row_frames[chosen])


def _frames_last(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return a view of the keys or values of one row, shape (heads, size, frames)."""
    return array if name.startswith(_KEY) else array.swapaxes(1, 2)
