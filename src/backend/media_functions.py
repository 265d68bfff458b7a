"""The functions that open media files; they run in processes of their own."""

from pathlib import Path

from backend.isolated_process import Report, type_adapter
from backend.pipeline.containers import audio_decoders
from backend.pipeline.decode import MediaInfo, probe
from backend.pipeline.prepare import DecodedMedia, decode_to_pcm
from contracts.audio import InputFormat

# computed once in the fork server, and inherited by each process
audio_decoders()
for result_type in (MediaInfo, DecodedMedia):
    type_adapter(result_type)


def probe_file(
    source: Path, name: str, input_format: InputFormat, audio_track: int | None, _: Report
) -> MediaInfo:
    """Return the properties of a media file; see `probe`."""
    return probe(source, name=name, input_format=input_format, audio_track=audio_track)


def decode_file(  # noqa: PLR0913, PLR0917  # one call in another process
    source: Path,
    media: MediaInfo,
    target: Path,
    max_duration_s: float,
    first_s: float | None,
    report: Report,
) -> DecodedMedia:
    """Decode a media file to 16 kHz PCM; see `decode_to_pcm`."""
    return decode_to_pcm(source, media, target, max_duration_s, report, first_s=first_s)
