"""Load a checkpoint into OpenVINO."""

import openvino as ov

from contracts.models import ModelIdentity
from llm.engines.openvino.compilation import compile_decoder, compile_encoder
from llm.engines.openvino.export import find_or_export
from llm.engines.openvino.features import LogMelSpectrogram
from llm.engines.openvino.graphs import Dimensions
from llm.engines.openvino.network import CompiledGraphs, OpenVinoNetwork
from llm.engines.protocol import Checkpoint, CheckpointError, EngineOptions
from llm.engines.whisper.engine import WhisperEngine

NAME = "openvino"


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
    export = find_or_export(checkpoint, options, core)
    dimensions = Dimensions.of(checkpoint.folder)
    network = OpenVinoNetwork(
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
    identity = ModelIdentity(
        name=checkpoint.name, revision=checkpoint.revision, engine=NAME, device="cpu"
    )
    return WhisperEngine(identity, network, export.compute)
