"""A medium Whisper with random weights: the architecture of the default model."""

import json
import shutil
from pathlib import Path


def write_medium_checkpoint(folder: Path, tokenizer: Path, max_positions: int) -> None:
    """Write the old layout: a pickle in float32, English forced, no `generation_config.json`.

    Args:
        folder: to create.
        tokenizer: folder with the files of a multilingual tokenizer.
        max_positions: of the decoder; 448 in published models. Random weights hardly end a text, so
            this limits it.
    """
    import torch  # noqa: PLC0415
    from transformers import WhisperConfig, WhisperForConditionalGeneration  # noqa: PLC0415

    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / name, folder)
    config = WhisperConfig(
        vocab_size=51_865, d_model=1024, encoder_layers=24, decoder_layers=24,
        encoder_attention_heads=16, decoder_attention_heads=16, encoder_ffn_dim=4096,
        decoder_ffn_dim=4096, max_target_positions=max_positions,
    )  # fmt: skip
    description = config.to_dict() | {
        "forced_decoder_ids": [[1, 50_259], [2, 50_359], [3, 50_363]],
        "suppress_tokens": [],
        "begin_suppress_tokens": [220, 50_257],
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(description))
    torch.manual_seed(0)
    state = WhisperForConditionalGeneration(config).state_dict()
    # Without this, random weights repeat one token.
    state["model.decoder.embed_positions.weight"] *= 40
    torch.save(state, folder / "pytorch_model.bin")
