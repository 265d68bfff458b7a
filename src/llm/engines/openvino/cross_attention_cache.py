"""Keys and values of the decoder's cross-attention, for a batch of chunks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llm.engines.openvino.graphs import Dimensions

Block = NDArray[np.float32]


class CrossAttentionCache:
    """Keys and values of several rows, in one array per name.

    Attributes:
        arrays: `key.N`, shape (rows, heads, size, frames), and `value.N`, shape (rows, heads,
            frames, size), for each layer N of the decoder.
    """

    def __init__(self, arrays: dict[str, NDArray[np.float32]]) -> None:
        self.arrays = arrays

    @classmethod
    def in_block(
        cls, block: Block, sizes: Dimensions, n_rows: int, n_frames: int
    ) -> "CrossAttentionCache":
        """Lay the arrays out in a block of at least `n_floats` floats."""
        heads, size = sizes.decoder_heads, sizes.width // sizes.decoder_heads
        length = n_rows * sizes.width * n_frames
        arrays: dict[str, NDArray[np.float32]] = {}
        for layer in range(sizes.decoder_layers):
            first = 2 * layer * length
            keys, values = block[first : first + length], block[first + length :][:length]
            arrays[f"key.{layer}"] = keys.reshape(n_rows, heads, size, n_frames)
            arrays[f"value.{layer}"] = values.reshape(n_rows, heads, n_frames, size)
        return cls(arrays)

    @staticmethod
    def n_floats(sizes: Dimensions, n_rows: int, n_frames: int) -> int:
        """Return the length of the block that the rows need."""
        return 2 * sizes.decoder_layers * sizes.width * n_rows * n_frames

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.arrays.values())))

    def take(self, rows: Sequence[int]) -> "CrossAttentionCache":
        """Return the given rows in the given order; repetitions are allowed.

        Consecutive rows are a view; others are copied.
        """
        first, end = rows[0], rows[-1] + 1
        chosen = slice(first, end) if list(rows) == list(range(first, end)) else list(rows)
        return CrossAttentionCache({name: array[chosen] for name, array in self.arrays.items()})
