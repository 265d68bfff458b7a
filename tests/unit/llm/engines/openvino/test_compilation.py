"""If these fail, an encoder computes more slowly than it could, or with sums that overflow."""

from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from llm.engines.openvino import compilation
from llm.engines.openvino.compilation import compile_encoder, has_vnni
from llm.engines.openvino.graphs import Dimensions, GraphBuilder
from llm.engines.openvino.weights import CheckpointWeights
from llm.engines.protocol import Checkpoint, EncoderType

needs_vnni = pytest.mark.skipif(not has_vnni(), reason="the processor has no int8 instructions")


@pytest.mark.parametrize(
    ("cpuinfo", "found"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni\n", True),
        ("flags\t\t: avx2 avx_vnni fma\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", False),
    ],
    ids=["AVX-512", "AVX2", "without", "ARM"],
)
def test_int8_instructions_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str, found: bool
) -> None:
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(compilation, "_CPUINFO", file)
    assert not has_vnni()
    file.write_text(cpuinfo, encoding="utf-8")
    assert has_vnni() is found


def compiled_encoder(tiny: Checkpoint, folder: Path, encoder_type: EncoderType) -> ov.CompiledModel:
    builder = GraphBuilder(
        CheckpointWeights(tiny.folder).__getitem__,
        Dimensions.of(tiny.folder),
        int8=encoder_type is EncoderType.W8A8,
        cache_type=ov.Type.f32,
        int8_activations=encoder_type is EncoderType.W8A8,
    )
    path = folder / f"{encoder_type}.xml"
    ov.save_model(builder.encoder(), path, compress_to_fp16=False)
    return compile_encoder(ov.Core(), path, encoder_type)


@needs_vnni
def test_with_rounded_activations_every_product_with_a_matrix_is_in_integers(
    tiny: Checkpoint, tmp_path: Path
) -> None:
    """OpenVINO takes another way, twice as slow, for a pattern that it does not know."""
    sizes = Dimensions.of(tiny.folder)
    compiled = compiled_encoder(tiny, tmp_path, EncoderType.W8A8)
    kernels = [
        node.get_rt_info()["primitiveType"].astype(str)
        for node in compiled.get_runtime_model().get_ordered_ops()
        if node.get_rt_info()["layerType"].astype(str) == "FullyConnected"
    ]
    assert len(kernels) == 6 * sizes.encoder_layers + 2 * sizes.decoder_layers
    assert all(kernel.lower().endswith("i8") for kernel in kernels), kernels


@needs_vnni
def test_rounded_activations_hardly_change_the_keys_and_values(
    tiny: Checkpoint, tmp_path: Path
) -> None:
    n_mels = Dimensions.of(tiny.folder).n_mels
    features = np.random.default_rng(0).normal(0, 0.5, (1, n_mels, 500)).astype(np.float32)
    exact, rounded = (
        compiled_encoder(tiny, tmp_path, each)({"features": features})
        for each in (EncoderType.FP32, EncoderType.W8A8)
    )
    for one, other in zip(exact.values(), rounded.values(), strict=True):
        assert float(np.abs(one - other).mean()) < 0.05 * float(one.std())
