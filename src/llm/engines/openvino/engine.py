"""Load a checkpoint into OpenVINO."""

from dataclasses import replace

import openvino as ov

from contracts.models import ModelIdentity
from llm.engines.openvino.compilation import compile_decoder, compile_encoder, new_core
from llm.engines.openvino.export import Export, find_or_export
from llm.engines.openvino.features import LogMelSpectrogram
from llm.engines.openvino.graphs import Dimensions
from llm.engines.openvino.network import CompiledGraphs, OpenVinoNetwork
from llm.engines.protocol import Checkpoint, CheckpointError, EngineOptions
from llm.engines.whisper.assistant import Assistant
from llm.engines.whisper.engine import WhisperEngine
from llm.engines.whisper.vocabulary import WhisperVocabulary

NAME = "openvino"

_MIN_RATIO = 3
"""A decoder that drafts is at least this many times smaller."""


def load(checkpoint: Checkpoint, options: EngineOptions) -> WhisperEngine:
    """Load a checkpoint, and export it first if needed; see `EngineLoader`."""
    if options.device not in ("auto", "cpu"):
        raise CheckpointError(
            f"LLM_DEVICE is {options.device}, but the openvino engine supports only cpu."
        )
    core = new_core(options.threads)
    assistant = _usable_assistant(checkpoint, options)
    options = replace(options, assistant=assistant)
    if assistant is None:
        export = find_or_export(checkpoint, options, core)
        return _load_engine(checkpoint, export, core)
    assistant_export = find_or_export(assistant, replace(options, assistant=None), core)
    export = find_or_export(checkpoint, options, core, assistant_export.rtf)
    if not export.compute.draft_tokens:
        return _load_engine(checkpoint, export, core)
    drafting = _load_engine(assistant, assistant_export, core)
    return _load_engine(checkpoint, export, core, drafting)


def _usable_assistant(checkpoint: Checkpoint, options: EngineOptions) -> Checkpoint | None:
    """Return the assistant if it is much smaller than a model and has the same text tokens."""
    assistant = options.assistant
    if assistant is None or options.draft_tokens == 0:
        return None
    sizes, of_assistant = Dimensions.of(checkpoint.folder), Dimensions.of(assistant.folder)
    n_weights, n_of_assistant = (one.decoder_layers * one.width**2 for one in (sizes, of_assistant))
    if n_weights < _MIN_RATIO * n_of_assistant:
        return None
    vocabularies = [WhisperVocabulary(one.folder) for one in (checkpoint, assistant)]
    tokens, tokens_of_assistant = (one.text_tokens() for one in vocabularies)
    return assistant if tokens == tokens_of_assistant else None


def _load_engine(
    checkpoint: Checkpoint, export: Export, core: ov.Core, drafting: WhisperEngine | None = None
) -> WhisperEngine:
    """Load an export, with an engine that drafts its texts."""
    network = _load_network(checkpoint, export, core)
    identity = ModelIdentity(
        name=checkpoint.name, revision=checkpoint.revision, engine=NAME, device="cpu"
    )
    compute = export.compute
    assistant = drafting and Assistant(
        drafting, network.vocabulary, compute.draft_tokens, compute.draft_break_even
    )
    return WhisperEngine(identity, network, compute, assistant)


def _load_network(checkpoint: Checkpoint, export: Export, core: ov.Core) -> OpenVinoNetwork:
    dimensions = Dimensions.of(checkpoint.folder)
    return OpenVinoNetwork(
        checkpoint.folder,
        dimensions,
        LogMelSpectrogram(core, dimensions.n_mels),
        CompiledGraphs(
            compile_encoder(core, export.folder / "encoder.xml", export.encoder),
            compile_decoder(core, export.folder / "decoder.xml", export.decoder),
            export.cache,
            export.compute.max_rows,
        ),
    )
