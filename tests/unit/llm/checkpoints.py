"""Tiny Whisper checkpoints with random weights, in the layouts that are found in the wild."""

import json
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import WhisperConfig, WhisperForConditionalGeneration

_STEERING = [
    "<|startoftranscript|>", "<|en|>", "<|ru|>", "<|translate|>", "<|transcribe|>",
    "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>",
]  # fmt: skip
END = 256
RUSSIAN = 259
N_TIMESTAMPS = 1501


def write_old_checkpoint(folder: Path, *, n_mels: int = 80, spread: float = 0.02) -> Path:
    """Write what transformers wrote in 2022: a pickle, `vocab.json`, and English forced.

    There is no `generation_config.json` and no `tokenizer.json`; the timestamps are not in
    the tokenizer's vocabulary. The values are such as float16 can hold.

    Args:
        folder: is made.
        n_mels: mel channels.
        spread: of the random weights. As a model is born, all tokens are about as probable
            whatever it hears; at 0.8 what it writes follows from what it hears.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocab_size = END + 1 + len(_STEERING) + N_TIMESTAMPS
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
    added = {name: END + 1 + n for n, name in enumerate(_STEERING)}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    ends = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    (folder / "special_tokens_map.json").write_text(
        json.dumps(ends | {"additional_special_tokens": ["<|endoftext|>", *_STEERING]})
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps(ends | {"tokenizer_class": "WhisperTokenizer", "model_max_length": 1024})
    )
    return folder
