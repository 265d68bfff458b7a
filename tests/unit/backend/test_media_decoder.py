"""If these fail, one recording fills the disk or takes hours that its limit forbids."""

from pathlib import Path

import numpy as np
import pytest

from audio_files import write_wav
from backend.errors import DiskFullError, TooLongError
from backend.media_decoder import MediaDecoder
from backend.storage.disk import Disk


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "file.wav", [np.zeros(32_000, np.float32)])


def accept() -> None:
    """Cancel nothing."""


def test_the_limit_on_length_is_inclusive(recording: Path, tmp_path: Path) -> None:
    decoder = MediaDecoder(Disk(tmp_path, 0), 2.0)
    media = decoder.probe(recording)
    decoded = decoder.decode(recording, media, tmp_path / "pcm", accept)
    assert (media.duration_s, decoded.recording.n_samples) == (2.0, 32_000)


def test_a_recording_whose_header_declares_too_much_is_refused_unread(
    recording: Path, tmp_path: Path
) -> None:
    with pytest.raises(TooLongError):
        MediaDecoder(Disk(tmp_path, 0), 1.9).probe(recording)


def test_a_recording_is_not_decoded_beyond_the_limit(recording: Path, tmp_path: Path) -> None:
    """A header may declare less than the file contains."""
    media = MediaDecoder(Disk(tmp_path, 0), 60.0).probe(recording)
    with pytest.raises(TooLongError):
        MediaDecoder(Disk(tmp_path, 0), 1.0).decode(recording, media, tmp_path / "pcm", accept)


def test_decoding_leaves_the_disk_its_reserve(recording: Path, tmp_path: Path) -> None:
    """Else the database could not write any more."""
    decoder = MediaDecoder(Disk(tmp_path, 2**60), 60.0)
    with pytest.raises(DiskFullError):
        decoder.decode(recording, decoder.probe(recording), tmp_path / "pcm", accept)


def test_decoding_can_be_cancelled(recording: Path, tmp_path: Path) -> None:
    class CancelledError(Exception):
        pass

    def cancel() -> None:
        raise CancelledError

    decoder = MediaDecoder(Disk(tmp_path, 0), 60.0)
    with pytest.raises(CancelledError):
        decoder.decode(recording, decoder.probe(recording), tmp_path / "pcm", cancel)
