"""Opens the container of a recording: only formats of recordings, only their audio.

The file's content determines its format; headerless formats are chosen by the caller.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.codec import Codec
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from backend.errors import (
    EmptyAudioError,
    NoAudioStreamError,
    UnreadableAudioError,
    UnsupportedMediaError,
)
from backend.pipeline.headers import is_mp4, is_text, read_riff_header
from backend.pipeline.raw_formats import RAW_FORMATS
from contracts.audio import InputFormat
from contracts.options import MAX_AUDIO_TRACKS
from contracts.recordings import AudioTrack

_DEMUXERS = (
    "aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "asf_o", "au", "avi", "caf",
    "dsf", "dss", "dts", "dtshd", "eac3", "flac", "flv", "gsm", "ilbc", "ircam", "latm",
    "live_flv", "loas", "matroska", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "nistsphere",
    "nut", "ogg", "oma", "qcp", "rm", "sbc", "shn", "sox", "tak", "truehd", "tta", "voc", "w64",
    "wav", "wv",
)  # fmt: skip
"""Formats of recordings. Others read further files, devices or the network, or are pictures."""

_NOT_MEDIA = (
    "The file is neither audio nor video. For telephone audio without a header, name its format "
    "with the option input_format: " + ", ".join(RAW_FORMATS) + "."
)
_MAX_TITLE_CHARS = 200
_MAX_LANGUAGE_CHARS = 35
"""Source: RFC 5646, section 4.4.1: software need not accept longer tags."""

_NO_INDEX = "The file is cut off before its index."


@contextmanager
def open_media(path: Path, input_format: InputFormat) -> Generator[InputContainer]:
    """Open a file that has at least one audio track.

    Raises:
        EmptyAudioError: the file is empty.
        UnsupportedMediaError: the content is neither audio nor video.
        UnreadableAudioError: an MP4 file without its index.
        NoAudioStreamError: a video without audio.
    """
    if path.stat().st_size == 0:
        raise EmptyAudioError("The file is empty.")
    try:
        container = _open(path, input_format)
    except (FFmpegError, ValueError) as error:
        if is_mp4(path):
            raise UnreadableAudioError(_NO_INDEX) from error
        raise UnsupportedMediaError(_NOT_MEDIA) from error
    with container:
        if not container.streams.audio:
            raise _no_audio_error(container)
        yield container


@cache
def audio_decoders() -> str:
    """Return FFmpeg's list of all audio decoders; pictures and subtitles are never decoded."""
    names: list[str] = []
    for name in sorted(av.codecs_available):
        with suppress(ValueError):  # an encoder without a decoder
            if Codec(name, "r").type == "audio":
                names.append(name)
    return ",".join(names)


def audio_tracks(container: InputContainer) -> tuple[AudioTrack, ...]:
    """Return the audio tracks of a file, in its order; at most `MAX_AUDIO_TRACKS`."""
    return tuple(
        AudioTrack(
            number=number,
            codec=_codec_of(stream),
            language=_known_language(stream.language),
            title=stream.metadata.get("title", "")[:_MAX_TITLE_CHARS] or None,
            is_default=bool(stream.disposition & Disposition.default),
        )
        for number, stream in enumerate(container.streams.audio[:MAX_AUDIO_TRACKS], 1)
    )


def audio_stream(container: InputContainer, number: int) -> AudioStream:
    """Return an audio track by its number.

    Raises: UnreadableAudioError: the file does not say how the track is encoded.
    """
    stream = container.streams.audio[number - 1]
    if _has_no_codec(stream):
        raise UnreadableAudioError("The file does not say how its audio is encoded.")
    return stream


def _codec_of(stream: AudioStream) -> str:
    return "unknown" if _has_no_codec(stream) else stream.codec_context.name


def _has_no_codec(stream: AudioStream) -> bool:
    # PyAV's types know no streams without one, but damaged files have them.
    return getattr(stream, "codec_context", None) is None


def _known_language(language: str | None) -> str | None:
    return None if language in (None, "", "und") else language[:_MAX_LANGUAGE_CHARS]


def _open(path: Path, input_format: InputFormat) -> InputContainer:
    options = {"protocol_whitelist": "file", "codec_whitelist": audio_decoders()}
    if raw := RAW_FORMATS.get(input_format):
        options |= {"format_whitelist": raw.demuxer, **raw.demuxer_options}
        return av.open(str(path), mode="r", format=raw.demuxer, options=options)
    if is_text(path):
        raise ValueError("a text, whatever FFmpeg takes it for")
    options["format_whitelist"] = ",".join(_DEMUXERS)
    riff = read_riff_header(path)
    if riff and riff.offset:
        options["skip_initial_bytes"] = str(riff.offset)
    if riff and riff.has_more:
        options["ignore_length"] = "1"
    return av.open(str(path), mode="r", options=options, metadata_errors="ignore")


def _no_audio_error(container: InputContainer) -> Exception:
    if container.streams.video:
        return NoAudioStreamError("The video has no audio track.")
    return UnsupportedMediaError(_NOT_MEDIA)
