"""Tiny Whisper checkpoints with random weights, in layouts that published models have."""

import json
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import WhisperConfig, WhisperForConditionalGeneration

_CONTROL_TOKENS = [
    "<|startoftranscript|>", "<|en|>", "<|ru|>", "<|translate|>", "<|transcribe|>",
    "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>",
]  # fmt: skip
END = 256
RUSSIAN = 259
N_TIMESTAMPS = 1501


def write_old_checkpoint(folder: Path, *, n_mels: int = 80, spread: float = 0.02) -> Path:
    """Write a checkpoint as transformers did in 2022: a pickle, `vocab.json`, and English forced.

    It has no `generation_config.json` and no `tokenizer.json`, and the tokenizer's vocabulary
    lacks the timestamps. All values are exact in float16.

    Args:
        folder: to create.
        n_mels: mel channels.
        spread: standard deviation of the random weights. With the default all tokens are about
            equally probable; with 0.8 the text depends on the audio.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocab_size = END + 1 + len(_CONTROL_TOKENS) + N_TIMESTAMPS
    config = WhisperConfig(
        vocab_size=vocab_size, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64,
        decoder_ffn_dim=64, pad_token_id=END, bos_token_id=END, eos_token_id=END,
        decoder_start_token_id=END + 1, max_target_positions=48,
        num_mel_bins=n_mels, init_std=spread,
    )  # fmt: skip
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(config)
    state = {name: tensor.half().float() for name, tensor in model.state_dict().items()}
    torch.save(state, folder / "pytorch_model.bin")
    description = config.to_dict() | {
        "forced_decoder_ids": [[1, 258], [2, 261], [3, 265]],
        "suppress_tokens": [1, 2],
        "begin_suppress_tokens": [32, END],
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(description))

    vocabulary = {letter: n for n, letter in enumerate(sorted(ByteLevel.alphabet()))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary | {"<|endoftext|>": END}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    added = {name: END + 1 + n for n, name in enumerate(_CONTROL_TOKENS)}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    ends = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    (folder / "special_tokens_map.json").write_text(
        json.dumps(ends | {"additional_special_tokens": ["<|endoftext|>", *_CONTROL_TOKENS]})
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps(ends | {"tokenizer_class": "WhisperTokenizer", "model_max_length": 1024})
    )
    return folder
