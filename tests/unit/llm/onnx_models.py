"""Tiny networks with the file names, inputs and outputs of the models that onnx-asr loads.

They spell how loud the sound is: each letter has a level of its own, and silence is blank. So a
test knows the text and the times of the tones that it makes.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from contracts.audio import SAMPLE_RATE

LETTER_S = 0.48
"""Seconds of a letter of `spoken`: a whole number of steps of every model, 30, 40 and 80 ms."""

SOUND = "_аб_аб_"
"""Letters of `spoken` that models of pieces recognise as "аб аб"."""

SPACED_SOUND = "_аб аб_"
"""The same for models of characters, which need a sound for a space."""

_SHIFT_S = 0.02
"""Silence before the first letter: no window of a spectrogram then lies in two letters."""

_AMPLITUDES = {"_": 0.0, " ": 0.002, "а": 0.02, "б": 0.2}
_LOUDNESS = (-3.66, 0.95, 5.55)
"""Of " ", "а" and "б": the loudest logarithm of GigaAM's, and nearly of Kaldi's, spectrogram."""

_NORMALISED = (0.53, 1.29)
"""Of "а" and "б" in `SOUND`, in NeMo's spectrogram, which is normalised over the recording."""

_T_ONE = (3.74, 6.03, 8.33)
"""Of " ", "а" and "б": the logarithm of the mean sample of 16 bits."""

_F, _I64, _I32 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32


def spoken(letters: str) -> NDArray[np.float32]:
    """Return the sound of letters, each a tone of its own level; `_` is silence."""
    n_samples = int(LETTER_S * SAMPLE_RATE)
    tone = np.sin(np.arange(n_samples) * 2 * np.pi * 1000 / SAMPLE_RATE)
    shift = np.zeros(int(_SHIFT_S * SAMPLE_RATE))
    tones = [tone * _AMPLITUDES[letter] for letter in letters]
    return np.concatenate([shift, *tones]).astype(np.float32)


def write_gigaam_ctc(folder: Path, suffix: str = "") -> Path:
    """Write GigaAM v3 CTC: characters, among them a space; lower case, no marks."""
    graph = _Graph()
    _ctc(graph, "features", 4, _LOUDNESS, to="log_probs")
    inputs = {"features": (_F, ["b", 64, "t"]), "feature_lengths": (_I64, ["b"])}
    graph.save(folder / f"v3_ctc{suffix}.onnx", inputs, {"log_probs": (_F, ["b", "u", 4])})
    _write_vocabulary(folder / "v3_vocab.txt", ["▁", "а", "б"])
    _write_config(folder, model_type="gigaam", version="v3", features_size=64, subsampling_factor=4)
    return folder


def write_gigaam_e2e_ctc(folder: Path, suffix: str = "") -> Path:
    """Write GigaAM v3 E2E CTC, whose pieces have capitals and marks."""
    write_gigaam_ctc(folder, suffix)
    (folder / f"v3_ctc{suffix}.onnx").rename(folder / f"v3_e2e_ctc{suffix}.onnx")
    (folder / "v3_vocab.txt").unlink()
    _write_vocabulary(folder / "v3_e2e_ctc_vocab.txt", ["▁", "А", "б."])
    return folder


def write_gigaam_rnnt(folder: Path, suffix: str = "", name: str = "v3_rnnt") -> Path:
    """Write GigaAM v3 RNN-T: encoder, decoder and joint."""
    encoder = _Graph()
    level = _levels(encoder, "audio_signal", 4)
    encoder("Identity", level, to="encoded")
    encoder("Cast", _n_steps(encoder, "length", 4), to="encoded_len", to_=_I32)
    encoder.save(
        folder / f"{name}_encoder{suffix}.onnx",
        {"audio_signal": (_F, ["b", 64, "t"]), "length": (_I64, ["b"])},
        {"encoded": (_F, ["b", 1, "u"]), "encoded_len": (_I32, ["b"])},
    )
    decoder = _Graph()
    decoder("Gather", decoder.constant(np.eye(3)), "x", to="dec")
    decoder("Identity", "h.1", to="h")
    decoder("Identity", "c.1", to="c")
    state = (_F, [1, 1, 320])
    decoder.save(
        folder / f"{name}_decoder{suffix}.onnx",
        {"x": (_I64, [1, 1]), "h.1": state, "c.1": state},
        {"dec": (_F, [1, 1, 3]), "h": state, "c": state},
    )
    joint = _Graph()
    scores = _scores_after(joint, "enc", "dec", _LOUDNESS[1:])
    joint("Reshape", scores, joint.constant([1, 1, 1, 3], np.int64), to="joint")
    joint.save(
        folder / f"{name}_joint{suffix}.onnx",
        {"enc": (_F, [1, 1, 1]), "dec": (_F, [1, 3, 1])},
        {"joint": (_F, [1, 1, 1, 3])},
    )
    vocabulary = "v3_vocab.txt" if name == "v3_rnnt" else f"{name}_vocab.txt"
    _write_vocabulary(folder / vocabulary, ["▁а", "б"])
    _write_config(folder, model_type="gigaam", version="v3", features_size=64, subsampling_factor=4)
    return folder


def write_gigaam_e2e_rnnt(folder: Path, suffix: str = "") -> Path:
    """Write GigaAM v3 E2E RNN-T."""
    return write_gigaam_rnnt(folder, suffix, "v3_e2e_rnnt")


def write_nemo_ctc(folder: Path, suffix: str = "") -> Path:
    """Write a NeMo CTC model, such as FastConformer or Parakeet."""
    graph = _Graph()
    _ctc(graph, "audio_signal", 8, _NORMALISED, to="logprobs", scale=12.0)
    inputs = {"audio_signal": (_F, ["b", 80, "t"]), "length": (_I64, ["b"])}
    graph.save(folder / f"model{suffix}.onnx", inputs, {"logprobs": (_F, ["b", "u", 3])})
    _write_vocabulary(folder / "vocab.txt", ["▁а", "б"])
    _write_config(folder, model_type="nemo-conformer-ctc", features_size=80, subsampling_factor=8)
    return folder


def write_parakeet_tdt(folder: Path, suffix: str = "") -> Path:
    """Write Parakeet TDT 0.6B v3: encoder, and decoder with joint and durations."""
    encoder = _Graph()
    encoder("Identity", _levels(encoder, "audio_signal", 8), to="outputs")
    encoder("Identity", _n_steps(encoder, "length", 8), to="encoded_lengths")
    encoder.save(
        folder / f"encoder-model{suffix}.onnx",
        {"audio_signal": (_F, ["b", 128, "t"]), "length": (_I64, ["b"])},
        {"outputs": (_F, ["b", 1, "u"]), "encoded_lengths": (_I64, ["b"])},
    )
    joint = _Graph()
    previous = joint("Gather", joint.constant(np.eye(5)[:, :5]), "targets")
    scores = _scores_after(joint, "encoder_outputs", previous, _NORMALISED, scale=12.0, n_more=2)
    durations = joint.constant([[0.0, 1.0, 0.0]])
    both = joint("Concat", scores, durations, axis=1)
    joint("Reshape", both, joint.constant([1, 1, 1, 8], np.int64), to="outputs")
    for n in (1, 2):
        joint("Identity", f"input_states_{n}", to=f"output_states_{n}")
    joint("Identity", "target_length", to="prednet_lengths")
    state = (_F, [2, "b", 8])
    joint.save(
        folder / f"decoder_joint-model{suffix}.onnx",
        {
            "encoder_outputs": (_F, [1, 1, 1]),
            "targets": (_I32, [1, 1]),
            "target_length": (_I32, [1]),
            "input_states_1": state,
            "input_states_2": state,
        },
        {
            "outputs": (_F, [1, 1, 1, 8]),
            "prednet_lengths": (_I32, [1]),
            "output_states_1": state,
            "output_states_2": state,
        },
    )
    _write_vocabulary(folder / "vocab.txt", ["▁а", "б", "▁Ω.", "▁ω"])
    _write_config(folder, model_type="nemo-conformer-tdt", features_size=128, subsampling_factor=8)
    return folder


def write_t_one(folder: Path, suffix: str = "") -> Path:
    """Write T-one: blocks of 0.3 s at 8 kHz with a state, and the vocabulary in the config."""
    graph = _Graph()
    samples = graph("Reshape", "signal", graph.constant([0, 10, 240], np.int64))
    size = graph("ReduceMean", graph("Abs", graph("Cast", samples, to_=_F)), axes=[2], keepdims=1)
    level = graph("Log", graph("Add", size, graph.constant(1.0)))
    graph("LogSoftmax", _scores(graph, level, _T_ONE), to="logprobs", axis=-1)
    graph("Identity", "state", to="state_next")
    state = (TensorProto.FLOAT16, ["b", 4])
    graph.save(
        folder / f"model{suffix}.onnx",
        {"signal": (_I32, ["b", 2400, 1]), "state": state},
        {"logprobs": (_F, ["b", 10, 4]), "state_next": state},
    )
    (folder / "model.safetensors").write_bytes(b"the same for another library")
    _write_config(
        folder,
        decoder_params={"vocabulary": [" ", "а", "б"]},
        encoder_params={"reduction_kernel_size": 3},
        pad_token_id=3,
    )
    return folder


def write_vosk(folder: Path, suffix: str = "") -> Path:
    """Write Vosk 0.54: networks and vocabulary in folders of their own."""
    encoder = _Graph()
    level = _levels(encoder, encoder("Transpose", "x", perm=[0, 2, 1]), 4)
    encoder("Transpose", level, to="encoder_out", perm=[0, 2, 1])
    encoder("Identity", _n_steps(encoder, "x_lens", 4), to="encoder_out_lens")
    encoder.save(
        folder / "am-onnx" / f"encoder{suffix}.onnx",
        {"x": (_F, ["b", "t", 80]), "x_lens": (_I64, ["b"])},
        {"encoder_out": (_F, ["b", "u", 1]), "encoder_out_lens": (_I64, ["b"])},
    )
    decoder = _Graph()
    last = decoder("Gather", "y", decoder.constant(1, np.int64), axis=1)
    decoder("Gather", decoder.constant(np.eye(3)), last, to="decoder_out")
    decoder.save(
        folder / "am-onnx" / f"decoder{suffix}.onnx",
        {"y": (_I64, [1, 2])},
        {"decoder_out": (_F, [1, 3])},
    )
    joiner = _Graph()
    scores = _scores_after(joiner, "encoder_out", "decoder_out", _LOUDNESS[1:])
    joiner("Identity", scores, to="logit")
    joiner.save(
        folder / "am-onnx" / f"joiner{suffix}.onnx",
        {"encoder_out": (_F, [1, 1]), "decoder_out": (_F, [1, 3])},
        {"logit": (_F, [1, 3])},
    )
    _write_vocabulary(folder / "lang" / "tokens.txt", ["▁а", "б"])
    return folder


class _Graph:
    """Collects the nodes of a network; a call adds one and returns the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, values: object, dtype: type[np.generic] = np.float32) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def __call__(self, kind: str, *inputs: str, to: str = "", **attributes: object) -> str:
        name = to or f"value{len(self._nodes)}"
        named = {key.rstrip("_"): value for key, value in attributes.items()}
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **named))
        return name

    def save(self, path: Path, inputs: dict[str, tuple], outputs: dict[str, tuple]) -> None:
        graph = helper.make_graph(
            self._nodes,
            "tiny",
            [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
            [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))


def _levels(graph: _Graph, features: str, step: int) -> str:
    """Return the loudest bin of every `step`-th frame, shape (b, 1, u)."""
    ends = (graph.constant([n], np.int64) for n in (0, 2**31, 2, step))
    return graph("ReduceMax", graph("Slice", features, *ends), axes=[1], keepdims=1)


def _n_steps(graph: _Graph, lengths: str, step: int) -> str:
    """Return the number of steps of each row."""
    one = graph.constant(1, np.int64)
    before_last = graph("Div", graph("Sub", lengths, one), graph.constant(step, np.int64))
    return graph("Add", before_last, one)


def _scores(graph: _Graph, level: str, levels: Sequence[float], *, scale: float = 1.0) -> str:
    """Return the score of each token, the last of which is blank, for levels (…, 1)."""
    difference = graph("Sub", level, graph.constant([*levels, 0.0]))
    squares = graph("Mul", graph("Mul", difference, difference), graph.constant(-scale))
    is_token = graph.constant([1.0] * len(levels) + [0.0])
    # blank is better than any token that is not the nearest one by far
    blank = graph.constant([0.0] * len(levels) + [-scale * min(np.diff(levels)) ** 2 / 5])
    return graph("Add", graph("Mul", squares, is_token), blank)


def _ctc(
    graph: _Graph, features: str, step: int, levels: Sequence[float], *, to: str, scale: float = 1.0
) -> None:
    by_step = graph("Transpose", _levels(graph, features, step), perm=[0, 2, 1])
    graph("LogSoftmax", _scores(graph, by_step, levels, scale=scale), to=to, axis=-1)


def _scores_after(  # noqa: PLR0917
    graph: _Graph,
    level: str,
    previous: str,
    levels: Sequence[float],
    scale: float = 1.0,
    n_more: int = 0,
) -> str:
    """Return the scores, shape (1, n), without the token before, which one-hot `previous` names.

    Args:
        n_more: tokens that are never written, before blank.
    """
    one = graph("Reshape", level, graph.constant([1, 1], np.int64))
    scores = _scores(graph, one, levels, scale=scale)
    if n_more:
        letters, blank = (
            graph("Gather", scores, graph.constant(which, np.int64), axis=1)
            for which in (range(len(levels)), [len(levels)])
        )
        never = graph.constant([[-1e6] * n_more])
        scores = graph("Concat", letters, never, blank, axis=1)
    n_tokens = len(levels) + n_more
    penalty = graph.constant([1e3] * n_tokens + [0.0])
    flat = graph("Reshape", previous, graph.constant([1, n_tokens + 1], np.int64))
    return graph("Sub", scores, graph("Mul", flat, penalty))


def _write_vocabulary(path: Path, tokens: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{token} {n}" for n, token in enumerate([*tokens, "<blk>"])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_config(folder: Path, **config: object) -> None:
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
