"""If these fail, one recording fills the disk or takes hours that its limit forbids."""

from pathlib import Path

import numpy as np
import pytest

from audio_files import write_wav
from backend.errors import DecoderCrashedError, DiskFullError, TooLongError
from backend.isolated_process import ProcessDiedError
from backend.media_decoder import _MAX_KEPT, MediaDecoder
from backend.storage.disk import Disk
from contracts.audio import InputFormat


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "file.wav", [np.zeros(32_000, np.float32)])


async def test_the_limit_on_length_is_inclusive(recording: Path, tmp_path: Path) -> None:
    decoder = MediaDecoder(Disk(tmp_path, 0), 2.0)
    media = await decoder.probe(recording)
    decoded = await decoder.decode(recording, media, tmp_path / "pcm")
    assert (media.duration_s, decoded.recording.n_samples) == (2.0, 32_000)


async def test_a_recording_whose_header_declares_too_much_is_refused_unread(
    recording: Path, tmp_path: Path
) -> None:
    with pytest.raises(TooLongError):
        await MediaDecoder(Disk(tmp_path, 0), 1.9).probe(recording)


async def test_a_recording_is_not_decoded_beyond_the_limit(recording: Path, tmp_path: Path) -> None:
    """A header may declare less than the file contains."""
    media = await MediaDecoder(Disk(tmp_path, 0), 60.0).probe(recording)
    with pytest.raises(TooLongError):
        await MediaDecoder(Disk(tmp_path, 0), 1.0).decode(recording, media, tmp_path / "pcm")


@pytest.mark.parametrize("n_crashes", [1, 2])
async def test_a_file_is_opened_once_more_after_a_crash(
    recording: Path, tmp_path: Path, monkeypatch, n_crashes: int
) -> None:
    decoder = MediaDecoder(Disk(tmp_path, 0), 60.0)
    run, failures = decoder._processes.run, [ProcessDiedError("exit code -11")] * n_crashes

    async def crash(*args: object) -> object:
        if failures:
            raise failures.pop()
        return await run(*args)

    monkeypatch.setattr(decoder._processes, "run", crash)
    if n_crashes == 1:
        assert (await decoder.probe(recording)).duration_s == 2.0
    else:
        with pytest.raises(DecoderCrashedError):
            await decoder.probe(recording)


async def test_decoding_leaves_the_disk_its_reserve(recording: Path, tmp_path: Path) -> None:
    """Else the database could not write any more."""
    decoder = MediaDecoder(Disk(tmp_path, 2**60), 60.0)
    with pytest.raises(DiskFullError):
        await decoder.decode(recording, await decoder.probe(recording), tmp_path / "pcm")


async def test_a_job_does_not_open_its_file_once_more_after_the_upload(
    recording: Path, tmp_path: Path
) -> None:
    """Opening takes a tenth of the time of a dictation."""
    decoder = MediaDecoder(Disk(tmp_path, 0), 60.0)
    media = await decoder.probe(recording, keep_as="a")
    assert decoder.take_probed("b", "", InputFormat.AUTO, None) is None
    assert decoder.take_probed("a", "", InputFormat.AUTO, 2) is None
    assert decoder.take_probed("a", "", InputFormat.AUTO, None) == media
    assert decoder.take_probed("a", "", InputFormat.AUTO, None) is None


async def test_only_the_last_uploads_are_remembered(recording: Path, tmp_path: Path) -> None:
    """Else those whose jobs never start would fill the memory."""
    decoder = MediaDecoder(Disk(tmp_path, 0), 60.0)
    for number in range(_MAX_KEPT + 1):
        await decoder.probe(recording, keep_as=str(number))
    assert decoder.take_probed("0", "", InputFormat.AUTO, None) is None
    assert decoder.take_probed("1", "", InputFormat.AUTO, None)
