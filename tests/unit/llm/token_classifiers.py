"""Tiny token classifiers in the layouts of published ones: the class of a token is known."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

RUPUNCT = [
    f"{case}_{mark}"
    for case in ("LOWER", "UPPER", "UPPER_TOTAL")
    for mark in ("O", "PERIOD", "COMMA", "QUESTION", "TIRE", "DVOETOCHIE", "DEFIS")
]
SBERT = [f"LABEL_{number}" for number in range(13)]
MARKS_ONLY = ["0", ".", ",", "?", "-", ":"]

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def write_onnx_classifier(
    folder: Path, classes: Mapping[str, str], labels: Sequence[str] = RUPUNCT
) -> Path:
    """Write a network in ONNX format that looks up the class of each token.

    Args:
        classes: label by word.
        labels: in the order of the classes.
    """
    table = _write_files(folder, classes, labels)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
        "classifier",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens"])
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ],
        [
            helper.make_tensor_value_info(
                "logits", TensorProto.FLOAT, ["rows", "tokens", len(labels)]
            )
        ],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    return folder


def write_torch_classifier(folder: Path, classes: Mapping[str, str], labels: Sequence[str]) -> Path:
    """Write BERT without layers, whose embeddings are the words and whose head is the table."""
    import torch  # noqa: PLC0415
    from transformers import BertConfig, BertForTokenClassification  # noqa: PLC0415

    table = _write_files(folder, classes, labels)
    n_words = len(table)
    config = BertConfig(
        vocab_size=n_words,
        hidden_size=n_words,
        num_hidden_layers=0,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=512,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    network = BertForTokenClassification(config).eval()
    with torch.no_grad():
        embeddings = network.bert.embeddings
        embeddings.word_embeddings.weight.copy_(torch.eye(n_words))
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        network.classifier.weight.copy_(torch.from_numpy(table.T))
        network.classifier.bias.zero_()
    network.save_pretrained(folder)
    return folder


def _write_files(
    folder: Path, classes: Mapping[str, str], labels: Sequence[str]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Write configuration and tokenizer; return the logits by token, shape (n_tokens, n_classes).

    A word that is not known is divided: its second token has another class than its first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*_SPECIAL, *classes, "##тный"]
    config = {"model_type": "bert", "id2label": {str(n): label for n, label in enumerate(labels)}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {
        "tokenizer_class": "BertTokenizerFast", "model_max_length": 512, "pad_token": "[PAD]",
        "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[UNK]",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    table = np.zeros((len(tokens), len(labels)), np.float32)
    table[:, 0] = 0.5
    for word, label in classes.items():
        table[vocabulary[word], list(labels).index(label)] = 1.0
    table[vocabulary["##тный"], len(labels) - 1] = 9.0
    return table
