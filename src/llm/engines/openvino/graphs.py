"""Build Whisper as two OpenVINO graphs, layer by layer, from a checkpoint's weights.

The encoder also projects its output to the keys and values of the decoder's
cross-attention, so that they are computed once per chunk. The decoder keeps the keys and
values of its self-attention as a state of the inference request.

Source: the Whisper paper, section 2.2, and transformers, `modeling_whisper.py`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as op
from openvino.op.util import Variable, VariableInfo

from llm.engines.protocol import CheckpointError

Weights = Callable[[str], NDArray[np.float32]]
"""Return a tensor of the checkpoint by name, for example `encoder.conv1.weight`."""

_INT8_MIN, _INT8_MAX = -128, 127
_INT8_LEVELS = 256
_MIN_SCALE = 1e-6
"""So that a row of zeros can be divided by its scale."""

_LAYER_NORM_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The dimensions of a checkpoint."""

    width: int
    n_mels: int
    encoder_layers: int
    encoder_heads: int
    decoder_layers: int
    decoder_heads: int
    vocab_size: int
    max_frames: int
    max_positions: int

    @classmethod
    def of(cls, folder: Path) -> "Dimensions":
        """Read the dimensions from a checkpoint's `config.json`.

        Raises:
            CheckpointError: the model is not a Whisper.
        """
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") != "whisper":
            raise CheckpointError("Not a Whisper: config.json has another model type.")
        return cls(
            width=config["d_model"],
            n_mels=config["num_mel_bins"],
            encoder_layers=config["encoder_layers"],
            encoder_heads=config["encoder_attention_heads"],
            decoder_layers=config["decoder_layers"],
            decoder_heads=config["decoder_attention_heads"],
            vocab_size=config["vocab_size"],
            max_frames=config["max_source_positions"],
            max_positions=config["max_target_positions"],
        )


@dataclass(frozen=True, slots=True)
class _QuantizedRows:
    """Rows that are rounded to int8.

    Attributes:
        values: multiples of 1/127 from -128/127 to 1, shape (chunks, rows, n).
        scale: what the values of each row are multiplied with, shape (chunks, rows, 1).
    """

    values: ov.Node
    scale: ov.Node


_Factor = ov.Node | _QuantizedRows
"""What a matrix is multiplied with."""


class GraphBuilder:
    """Builds the encoder and the decoder.

    Args:
        weights: the checkpoint's tensors.
        dimensions: of the checkpoint.
        int8: whether to store matrices as int8 with a scale per row; OpenVINO then computes in
            int8 where that is faster, and in floats elsewhere.
        int8_activations: whether the encoder rounds what it multiplies with matrices to int8, each
            frame with a scale of its own, so that OpenVINO computes whole products in integers.
        cache_type: of the keys and values of the cross-attention, float32 or bfloat16. The products
            with them are computed in this type, whatever type the rest is computed in: a step
            reads all of them, so a conversion would take longer than the products.
    """

    def __init__(
        self,
        weights: Weights,
        dimensions: Dimensions,
        *,
        int8: bool,
        cache_type: ov.Type,
        int8_activations: bool = False,
    ) -> None:
        self._weights = weights
        self._sizes = dimensions
        self._int8 = int8
        self._int8_activations = int8_activations
        self._cache_type = cache_type

    def encoder(self) -> ov.Model:
        """Return the encoder.

        Input: `features`, shape (chunks, n_mels, 2 * frames). Outputs, for each layer of the
        decoder: `key.N`, shape (chunks, heads, size, frames), and `value.N`, shape
        (chunks, heads, frames, size), in the type of the cache.
        """
        sizes = self._sizes
        features = _parameter("features", np.float32, [-1, sizes.n_mels, -1])
        states = self._convolve(features, "encoder.conv1", stride=1)
        states = self._convolve(states, "encoder.conv2", stride=2)
        states = op.transpose(states, _ints(0, 2, 1))
        n_frames = op.gather(op.shape_of(states), _ints(1), _ints(0))
        positions = op.constant(self._weights("encoder.embed_positions.weight"))
        states = op.add(states, op.slice(positions, _ints(0), n_frames, _ints(1), _ints(0)))
        for n in range(sizes.encoder_layers):
            layer = f"encoder.layers.{n}"
            states = self._self_attention(states, layer)
            states = self._feed_forward(states, layer, self._quantize)
        states = self._layer_norm(states, "encoder.layer_norm")
        return _graph(self._cross_projections(states), [], [features], "encoder")

    def decoder(self, alignment_heads: Sequence[tuple[int, int]]) -> ov.Model:
        """Return the decoder.

        Inputs: `tokens`, shape (rows, n), int64; `positions` of them, same shape, int64;
        `source_rows`, shape (rows,), int32, the row of the previous step that each row continues;
        `token_mask`, shape (rows, 1, n, tokens read so far + n), added to the scores of the
        tokens; `n_outputs`, shape (1,), int64; `key.N` and `value.N`, the encoder's outputs, one
        row each; `frame_mask`, shape (rows, 1, 1, frames), added to the scores of the frames.

        Outputs, after each of the last `n_outputs` tokens: `logits`, shape (rows, n_outputs,
        vocabulary); `queries` of the alignment heads, shape (rows, n_outputs, alignment heads,
        size), in the order of `alignment_heads`.

        Args:
            alignment_heads: (layer, head), sorted.
        """
        sizes = self._sizes
        tokens = _parameter("tokens", np.int64, [-1, -1])
        positions = _parameter("positions", np.int64, [-1, -1])
        source_rows = _parameter("source_rows", np.int32, [-1])
        token_mask = _parameter("token_mask", np.float32, [-1, 1, -1, -1])
        n_outputs = _parameter("n_outputs", np.int64, [1])
        frame_mask = _parameter("frame_mask", np.float32, [-1, 1, 1, -1])
        inputs = [tokens, positions, source_rows, token_mask, n_outputs, frame_mask]
        cache = _SelfAttentionCache(tokens, source_rows, sizes)

        embedding = self._matrix("decoder.embed_tokens.weight")
        states = self._embed(tokens, positions, embedding)
        queries: list[ov.Node] = []
        for n in range(sizes.decoder_layers):
            layer = f"decoder.layers.{n}"
            size = sizes.width // sizes.decoder_heads
            keys = _parameter(f"key.{n}", self._cache_type, [-1, sizes.decoder_heads, size, -1])
            values = _parameter(f"value.{n}", self._cache_type, [-1, sizes.decoder_heads, -1, size])
            inputs += [keys, values]
            states = self._causal_self_attention(states, layer, cache, token_mask)
            states, query = self._cross_attention(states, layer, (keys, values), frame_mask)
            if chosen := [head for of_layer, head in alignment_heads if of_layer == n]:
                heads = op.gather(_last(query, n_outputs, axis=2), _ints(*chosen), _ints(1))
                queries.append(op.transpose(heads, _ints(0, 2, 1, 3)))
            states = self._feed_forward(states, layer)
        states = self._layer_norm(states, "decoder.layer_norm")
        last = _last(states, n_outputs, axis=1)
        logits = op.matmul(last, embedding, transpose_a=False, transpose_b=True)
        outputs = [_result("logits", logits), _result("queries", op.concat(queries, axis=2))]
        return _graph(outputs, cache.writes, inputs, "decoder")

    def _embed(self, tokens: ov.Node, positions: ov.Node, embedding: ov.Node) -> ov.Node:
        of_positions = op.constant(self._weights("decoder.embed_positions.weight"))
        # Proposed tokens may go past the last position; nobody keeps those.
        allowed = op.minimum(positions, _ints(self._sizes.max_positions - 1))
        return op.add(
            op.gather(embedding, tokens, _ints(0)), op.gather(of_positions, allowed, _ints(0))
        )

    def _self_attention(self, x: ov.Node, layer: str) -> ov.Node:
        """Attend with two plain products; the fused operation would transpose the keys first."""
        n_heads = self._sizes.encoder_heads
        normalised = self._quantize(self._layer_norm(x, f"{layer}.self_attn_layer_norm"))
        query, key, value = (
            _split_heads(self._project(normalised, f"{layer}.self_attn.{name}_proj"), n_heads)
            for name in "qkv"
        )
        scores = op.matmul(op.multiply(query, self._attention_scale(n_heads)), key, False, True)
        attended = _join_heads(op.matmul(op.softmax(scores, -1), value, False, False))
        return op.add(x, self._project(self._quantize(attended), f"{layer}.self_attn.out_proj"))

    def _causal_self_attention(
        self, x: ov.Node, layer: str, cache: "_SelfAttentionCache", mask: ov.Node
    ) -> ov.Node:
        n_heads = self._sizes.decoder_heads
        normalised = self._layer_norm(x, f"{layer}.self_attn_layer_norm")
        query, key, value = (
            _split_heads(self._project(normalised, f"{layer}.self_attn.{name}_proj"), n_heads)
            for name in "qkv"
        )
        keys = cache.extend(f"{layer}.key", key)
        values = cache.extend(f"{layer}.value", value)
        attended = _join_heads(op.scaled_dot_product_attention(query, keys, values, mask))
        return op.add(x, self._project(attended, f"{layer}.self_attn.out_proj"))

    def _cross_attention(
        self, x: ov.Node, layer: str, cached: tuple[ov.Node, ov.Node], mask: ov.Node
    ) -> tuple[ov.Node, ov.Node]:
        """Attend with two plain products, faster than the fused operation; return the queries too.

        Keys are stored transposed.
        """
        keys, values = cached
        n_heads = self._sizes.decoder_heads
        normalised = self._layer_norm(x, f"{layer}.encoder_attn_layer_norm")
        projected = self._project(normalised, f"{layer}.encoder_attn.q_proj")
        query = _split_heads(op.multiply(projected, self._attention_scale(n_heads)), n_heads)
        weights = op.softmax(op.add(self._cache_product(query, keys), mask), -1)
        attended = _join_heads(self._cache_product(weights, values))
        return op.add(x, self._project(attended, f"{layer}.encoder_attn.out_proj")), query

    def _attention_scale(self, n_heads: int) -> np.float32:
        return np.float32((self._sizes.width // n_heads) ** -0.5)

    def _cache_product(self, x: ov.Node, cached: ov.Node) -> ov.Node:
        """Multiply float32 with keys or values, in their type; return float32."""
        product = op.matmul(self._to_cache_type(x), cached, False, False)
        return product if self._cache_type == ov.Type.f32 else op.convert(product, ov.Type.f32)

    def _cross_projections(self, states: ov.Node) -> list[ov.Node]:
        n_heads = self._sizes.decoder_heads
        quantized = self._quantize(states)
        outputs: list[ov.Node] = []
        for n in range(self._sizes.decoder_layers):
            layer = f"decoder.layers.{n}.encoder_attn"
            key = _split_heads(self._project(quantized, f"{layer}.k_proj"), n_heads)
            value = _split_heads(self._project(quantized, f"{layer}.v_proj"), n_heads)
            key = op.transpose(key, _ints(0, 1, 3, 2))
            outputs.append(_result(f"key.{n}", self._to_cache_type(key)))
            outputs.append(_result(f"value.{n}", self._to_cache_type(value)))
        return outputs

    def _to_cache_type(self, x: ov.Node) -> ov.Node:
        return x if self._cache_type == ov.Type.f32 else op.convert(x, self._cache_type)

    def _feed_forward(
        self, x: ov.Node, layer: str, quantize: Callable[[ov.Node], _Factor] = lambda x: x
    ) -> ov.Node:
        normalised = self._layer_norm(x, f"{layer}.final_layer_norm")
        wide = op.gelu(self._project(quantize(normalised), f"{layer}.fc1"), "ERF")
        return op.add(x, self._project(quantize(wide), f"{layer}.fc2"))

    def _quantize(self, x: ov.Node) -> _Factor:
        """Round rows to int8, if this encoder rounds its activations."""
        if not self._int8_activations:
            return x
        largest = op.reduce_max(op.abs(x), _ints(-1), True)
        scale = op.maximum(largest, np.float32(_MIN_SCALE))
        low, high = np.float32(_INT8_MIN / _INT8_MAX), np.float32(1)
        values = op.fake_quantize(op.divide(x, scale), low, high, low, high, _INT8_LEVELS)
        return _QuantizedRows(values, scale)

    def _project(self, x: _Factor, name: str) -> ov.Node:
        matrix = self._matrix(f"{name}.weight")
        if isinstance(x, _QuantizedRows):
            product = op.matmul(x.values, matrix, False, True)
            projected = op.multiply(product, x.scale)
        else:
            projected = op.matmul(x, matrix, False, True)
        if name.endswith("k_proj"):  # Whisper's key projection has no bias
            return projected
        return op.add(projected, self._weights(f"{name}.bias"))

    def _layer_norm(self, x: ov.Node, name: str) -> ov.Node:
        normalised = op.mvn(x, _ints(-1), True, _LAYER_NORM_EPSILON, "INSIDE_SQRT")
        scaled = op.multiply(normalised, self._weights(f"{name}.weight"))
        return op.add(scaled, self._weights(f"{name}.bias"))

    def _convolve(self, x: ov.Node, name: str, stride: int) -> ov.Node:
        kernel = op.constant(self._weights(f"{name}.weight"))
        convolved = op.convolution(x, kernel, [stride], [1], [1], [1])
        bias = self._weights(f"{name}.bias").reshape(1, -1, 1)
        return op.gelu(op.add(convolved, bias), "ERF")

    def _matrix(self, name: str) -> ov.Node:
        matrix = self._weights(name)
        if not self._int8:
            return op.constant(matrix)
        scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True), 1e-8) / _INT8_MAX
        quantised = op.constant(np.round(matrix / scale).astype(np.int8))
        return op.multiply(op.convert(quantised, np.float32), op.constant(scale))


class _SelfAttentionCache:
    """The keys and values of the tokens read so far, kept between inferences."""

    def __init__(self, tokens: ov.Node, source_rows: ov.Node, sizes: Dimensions) -> None:
        self.writes: list[ov.Node] = []
        self._source_rows = source_rows
        size = sizes.width // sizes.decoder_heads
        n_rows = op.gather(op.shape_of(tokens), _ints(0), _ints(0))
        shape = op.concat([n_rows, _ints(sizes.decoder_heads), _ints(0), _ints(size)], 0)
        self._empty = op.broadcast(op.constant(np.float32(0)), shape)
        self._shape = ov.PartialShape([-1, sizes.decoder_heads, -1, size])

    def extend(self, name: str, new: ov.Node) -> ov.Node:
        """Append the new tokens to the kept rows of a variable, and return the result."""
        info = VariableInfo()
        info.variable_id, info.data_shape, info.data_type = name, self._shape, ov.Type.f32
        variable = Variable(info)
        kept = op.gather(op.read_value(self._empty, variable), self._source_rows, _ints(0))
        extended = op.concat([kept, new], axis=2)
        self.writes.append(op.assign(extended, variable))
        return extended


def _graph(
    outputs: list[ov.Node], writes: list[ov.Node], inputs: list[ov.Node], name: str
) -> ov.Model:
    return ov.Model(outputs, writes, inputs, name)  # pyright: ignore[reportGeneralTypeIssues]


def _last(x: ov.Node, n: ov.Node, axis: int) -> ov.Node:
    """Take the last n elements along an axis."""
    end = _ints(np.iinfo(np.int64).max)
    return op.slice(x, op.negative(n), end, _ints(1), _ints(axis))


def _parameter(name: str, dtype: type[np.generic] | ov.Type, shape: list[int]) -> ov.Node:
    parameter = op.parameter(shape, dtype, name)
    parameter.output(0).set_names({name})
    return parameter


def _result(name: str, node: ov.Node) -> ov.Node:
    result = op.result(node)
    result.output(0).set_names({name})
    return result


def _ints(*values: int) -> ov.Node:
    return op.constant(np.array(values, np.int64))


def _split_heads(x: ov.Node, n_heads: int) -> ov.Node:
    """Reshape (rows, n, heads * size) to (rows, heads, n, size)."""
    apart = op.reshape(x, _ints(0, 0, n_heads, -1), special_zero=True)
    return op.transpose(apart, _ints(0, 2, 1, 3))


def _join_heads(x: ov.Node) -> ov.Node:
    together = op.transpose(x, _ints(0, 2, 1, 3))
    return op.reshape(together, _ints(0, 0, -1), special_zero=True)
