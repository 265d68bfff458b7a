"""If these fail, an encoder computes more slowly than it could, or with sums that overflow."""

from pathlib import Path

import openvino as ov
import pytest

from llm.engines.openvino import compilation
from llm.engines.openvino.compilation import compile_encoder, has_vnni
from llm.engines.openvino.graphs import Dimensions, GraphBuilder
from llm.engines.openvino.weights import CheckpointWeights
from llm.engines.protocol import Checkpoint, EncoderType


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


@pytest.mark.skipif(not has_vnni(), reason="the processor has no int8 instructions")
def test_with_rounded_activations_every_product_with_a_matrix_is_in_integers(
    tiny: Checkpoint, tmp_path: Path
) -> None:
    """OpenVINO takes another way, twice as slow, for a pattern that it does not know."""
    sizes = Dimensions.of(tiny.folder)
    builder = GraphBuilder(
        CheckpointWeights(tiny.folder).__getitem__,
        sizes,
        int8=True,
        cache_type=ov.Type.f32,
        int8_activations=True,
    )
    path = tmp_path / "encoder.xml"
    ov.save_model(builder.encoder(), path, compress_to_fp16=False)
    compiled = compile_encoder(ov.Core(), path, EncoderType.W8A8)
    kernels = [
        node.get_rt_info()["primitiveType"].astype(str)
        for node in compiled.get_runtime_model().get_ordered_ops()
        if node.get_rt_info()["layerType"].astype(str) == "FullyConnected"
    ]
    assert len(kernels) == 6 * sizes.encoder_layers + 2 * sizes.decoder_layers
    assert all(kernel.lower().endswith("i8") for kernel in kernels), kernels
