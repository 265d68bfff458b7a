"""Load a checkpoint into OpenVINO."""

from dataclasses import replace

import openvino as ov

from contracts.models import ModelIdentity
from llm.engines.openvino.compilation import compile_decoder, compile_encoder
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
    core = ov.Core()
    core.set_property(
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": options.threads,
        },
    )
    helper = options.assistant if options.draft_tokens != 0 else None
    if helper and not _can_draft(helper, checkpoint):
        helper = None
    options = replace(options, assistant=helper)
    helper_export = (
        find_or_export(helper, replace(options, assistant=None), core) if helper else None
    )
    export = find_or_export(checkpoint, options, core, helper_export.rtf if helper_export else None)
    network = _load_network(checkpoint, export, core)
    assistant = None
    if helper and helper_export and export.compute.draft_tokens:
        assistant = Assistant(
            WhisperEngine(
                _identity(helper), _load_network(helper, helper_export, core), helper_export.compute
            ),
            network.vocabulary,
            export.compute.draft_tokens,
            export.compute.draft_break_even,
        )
    return WhisperEngine(_identity(checkpoint), network, export.compute, assistant)


def _can_draft(helper: Checkpoint, checkpoint: Checkpoint) -> bool:
    """Return whether a model is much smaller than another one and has the same text tokens."""
    sizes, its_sizes = Dimensions.of(checkpoint.folder), Dimensions.of(helper.folder)
    if (
        sizes.decoder_layers * sizes.width**2
        < _MIN_RATIO * its_sizes.decoder_layers * its_sizes.width**2
    ):
        return False
    vocabulary, its_vocabulary = (WhisperVocabulary(one.folder) for one in (checkpoint, helper))
    return vocabulary.text_tokens() == its_vocabulary.text_tokens()


def _load_network(checkpoint: Checkpoint, export: Export, core: ov.Core) -> OpenVinoNetwork:
    dimensions = Dimensions.of(checkpoint.folder)
    return OpenVinoNetwork(
        checkpoint.folder,
        dimensions,
        LogMelSpectrogram(core, dimensions.n_mels),
        CompiledGraphs(
            compile_encoder(core, export.folder / "encoder.xml", export.encoder, dimensions.width),
            compile_decoder(core, export.folder / "decoder.xml", export.decoder),
            export.cache,
            export.compute.max_rows,
        ),
    )


def _identity(checkpoint: Checkpoint) -> ModelIdentity:
    return ModelIdentity(
        name=checkpoint.name, revision=checkpoint.revision, engine=NAME, device="cpu"
    )
