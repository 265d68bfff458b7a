"""If these fail, a machine computes in a slower way than it could, or in one it was told not to."""

from dataclasses import replace
from pathlib import Path

import openvino as ov
import pytest

from llm.engines.openvino import calibration
from llm.engines.openvino.calibration import Calibration, Candidates, Drafts, encoder_name
from llm.engines.openvino.cross_attention_cache import CacheType
from llm.engines.openvino.export import find_or_export
from llm.engines.openvino.graphs import Dimensions
from llm.engines.openvino.network import MAX_ROWS
from llm.engines.protocol import (
    Checkpoint,
    CheckpointError,
    ComputeType,
    EncoderType,
    EngineOptions,
    KeyValueType,
)

INT8, W8A8, BF16 = EncoderType.INT8, EncoderType.W8A8, EncoderType.BF16


@pytest.fixture(scope="module")
def core() -> ov.Core:
    return ov.Core()


def options(**changes: object) -> EngineOptions:
    return replace(EngineOptions("cpu", 1, Path("unused")), **changes)  # type: ignore[arg-type]


def calibrated(core: ov.Core, tiny: Checkpoint) -> Calibration:
    return Calibration(core, Dimensions.of(tiny.folder))


@pytest.mark.parametrize(
    ("rtf", "chosen"),
    [
        ((1.0, 0.8, 0.9), W8A8),
        ((1.0, 0.99, 1.0), INT8),
        ((1.0, 1.0, 0.85), INT8),
        ((1.0, 0.9, 0.75), W8A8),
        ((1.0, 1.0, 0.7), BF16),
    ],
    ids=["faster", "noise", "not worth the memory", "nor then", "much faster"],
)
def test_the_fastest_encoder_is_chosen_unless_it_takes_more_memory_for_little(
    core: ov.Core,
    tiny: Checkpoint,
    monkeypatch: pytest.MonkeyPatch,
    rtf: tuple[float, ...],
    chosen: EncoderType,
) -> None:
    measured = dict(zip((INT8, W8A8, BF16), rtf, strict=True))
    monkeypatch.setattr(Calibration, "_encoder_rtf", lambda *_: measured)
    paths = dict.fromkeys(measured, Path("unused"))
    assert calibrated(core, tiny).choose_encoder(paths) is chosen


@pytest.mark.parametrize(
    ("faster", "chosen"),
    [
        ({(CacheType.BF16, 16): 1.0}, (CacheType.BF16, MAX_ROWS)),
        ({(CacheType.FP32, 16): 1.0}, (CacheType.FP32, MAX_ROWS)),
        ({(CacheType.FP32, 1): 1.0}, (CacheType.FP32, MAX_ROWS)),
        ({(CacheType.BF16, 8): 1.0}, (CacheType.BF16, 8)),
        ({(CacheType.BF16, 8): 1.7}, (CacheType.BF16, MAX_ROWS)),
    ],
    ids=["bfloat16", "float32", "float32 alone", "fewer rows", "noise"],
)
def test_keys_values_and_rows_are_those_of_the_fastest_decoder(
    core: ov.Core,
    tiny: Checkpoint,
    monkeypatch: pytest.MonkeyPatch,
    faster: dict[tuple[CacheType, int], float],
    chosen: tuple[CacheType, int],
) -> None:
    """All others take two seconds; a tiny model has room for sixteen rows."""

    def measured(
        _self: Calibration, decoders: object, _decoder: object, counts: dict[CacheType, set[int]]
    ) -> dict[tuple[CacheType, int], float]:
        every = {(cache, n_rows): 2.0 for cache, rows in counts.items() for n_rows in rows}
        assert every.keys() >= faster.keys()
        return every | faster

    monkeypatch.setattr(Calibration, "_decoder_rtf", measured)
    monkeypatch.setattr(calibration, "has_bf16", lambda _: True)
    candidates = Candidates.of(options(), core)
    decoders = dict.fromkeys(candidates.caches, Path("unused"))
    assert calibrated(core, tiny).choose_decoder(decoders, candidates) == chosen


@pytest.mark.parametrize(
    ("rtf", "draft_rtf", "drafts"),
    [
        ({1: 1.0, 4: 1.2, 6: 1.4, 8: 1.5}, 0.1, Drafts(7, 2.0)),
        ({1: 1.0, 4: 1.2, 6: 2.0, 8: 3.0}, 0.1, Drafts(3, 1.6)),
        ({1: 1.0, 4: 3.0, 6: 5.0, 8: 7.0}, 0.1, Drafts()),
        ({1: 0.1, 4: 0.1, 6: 0.1, 8: 0.1}, 0.2, Drafts()),
    ],
    ids=["long", "short", "verifying is slow", "drafting is slow"],
)
def test_drafts_are_used_where_they_are_expected_to_save_time(  # noqa: PLR0917
    core: ov.Core,
    tiny: Checkpoint,
    monkeypatch: pytest.MonkeyPatch,
    rtf: dict[int, float],
    draft_rtf: float,
    drafts: Drafts,
) -> None:
    monkeypatch.setattr(Calibration, "_verification_rtf", lambda *_: rtf)
    unused = Path("unused"), ComputeType.INT8, CacheType.BF16, MAX_ROWS
    assert calibrated(core, tiny).choose_drafts(*unused, draft_rtf) == drafts


MEASURED = Candidates(
    [INT8, W8A8, BF16],
    ComputeType.INT8,
    [CacheType.BF16, CacheType.FP32],
    max_rows=MAX_ROWS,
    may_halve_rows=True,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, MEASURED),
        ({"encoder_type": W8A8}, replace(MEASURED, encoders=[W8A8])),
        ({"key_value_type": KeyValueType.FP32}, replace(MEASURED, caches=[CacheType.FP32])),
        ({"max_rows": 3}, replace(MEASURED, max_rows=3, may_halve_rows=False)),
        (
            {"compute_type": ComputeType.FP32},
            Candidates([EncoderType.FP32], ComputeType.FP32, [CacheType.FP32], MAX_ROWS, False),
        ),
        (
            {"compute_type": ComputeType.INT8},
            Candidates([INT8], ComputeType.INT8, [CacheType.BF16], MAX_ROWS, False),
        ),
    ],
    ids=["nothing", "encoder", "keys and values", "rows", "exact", "int8"],
)
def test_each_choice_can_be_made_by_hand(
    core: ov.Core,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    expected: Candidates,
) -> None:
    monkeypatch.setattr(calibration, "has_bf16", lambda _: True)
    monkeypatch.setattr(calibration, "has_vnni", lambda: True)
    assert Candidates.of(options(**changes), core) == expected


def test_without_bfloat16_only_floats_of_32_bits_are_tried(
    core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "has_bf16", lambda _: False)
    monkeypatch.setattr(calibration, "has_vnni", lambda: True)
    expected = replace(MEASURED, encoders=[INT8, W8A8, EncoderType.FP32], caches=[CacheType.FP32])
    assert Candidates.of(options(), core) == expected


def test_without_int8_instructions_activations_are_not_rounded(
    core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums of such products overflow."""
    monkeypatch.setattr(calibration, "has_bf16", lambda _: False)
    monkeypatch.setattr(calibration, "has_vnni", lambda: False)
    assert Candidates.of(options(), core).encoders == [INT8, EncoderType.FP32]
    with pytest.raises(CheckpointError, match="VNNI"):
        Candidates.of(options(encoder_type=W8A8), core)


def test_what_is_set_by_hand_is_not_measured(
    core: ov.Core, tiny: Checkpoint, tmp_path: Path
) -> None:
    """The first start of a large model would take longer for nothing."""
    set_by_hand = options(cache_dir=tmp_path, compute_type=ComputeType.INT8)
    assert find_or_export(tiny, set_by_hand, core).compute.measured_rtf == {}


def test_candidates_are_measured_on_this_processor(
    core: ov.Core, tiny: Checkpoint, tmp_path: Path
) -> None:
    compute = find_or_export(tiny, options(cache_dir=tmp_path), core).compute
    measured = compute.measured_rtf
    encoders = {name for name in measured if name.startswith("encoder")}
    assert encoders == {encoder_name(each) for each in Candidates.of(options(), core).encoders}
    assert f"decoder {compute.key_value}, 16 rows" in measured
    assert min(measured.values()) >= 0
