"""If these fail, a click on a segment plays another place of the recording.

Each container is decoded as a job decodes it and played by Chromium's `<audio>`: the sound must
begin at the same time in both.
"""

import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser

from audio_files import tone
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from contracts.audio import SAMPLE_RATE

pytestmark = pytest.mark.slow

RATE = 48_000
AUDIBLE = 0.05
TOLERANCE_S = 0.15
"""The player's clock advances in steps of its output buffers."""

ONSETS = """
async ([url, fromS, level]) => {
  const audio = new Audio(url);
  const context = new AudioContext();
  const meter = context.createAnalyser();
  meter.fftSize = 256;
  context.createMediaElementSource(audio).connect(meter).connect(context.destination);
  const samples = new Float32Array(meter.fftSize);
  await new Promise((resolve, reject) => {
    audio.onloadedmetadata = resolve;
    audio.onerror = () => reject(new Error(`${url}: ${audio.error.message}`));
  });
  audio.currentTime = fromS;
  await audio.play();
  while (!audio.ended) {
    meter.getFloatTimeDomainData(samples);
    if (samples.some((sample) => Math.abs(sample) > level)) return audio.currentTime;
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return null;
}
"""


class RangeHandler(SimpleHTTPRequestHandler):
    """Serves files with ranges, which a player needs to seek."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        content = path.read_bytes() if path.is_file() else b"<!doctype html>"
        start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Type", self.guess_type(path) if path.is_file() else "text/html")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[start:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(RangeHandler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def write_bursts(path: Path, codec: str, starts_s: list[float], *, is_gap: bool) -> Path:
    """Write a second of tone at each start; between them silence, or no packets at all."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        resampler = av.AudioResampler(
            stream.format, "mono", RATE, frame_size=stream.frame_size or 960
        )
        clock = 0.0
        for start_s in starts_s:
            pause_s = 0.0 if is_gap else start_s - clock
            samples = np.concatenate([np.zeros(round(pause_s * RATE), np.float32), tone(1, RATE)])
            frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = round((start_s - pause_s) * RATE)
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
            clock = start_s + 1
        container.mux(stream.encode(None))
    return path


def decoded_onset(path: Path, from_s: float) -> tuple[float, bool]:
    """Return where the sound begins after a time, and whether the file is called truncated."""
    decoded = decode_to_pcm(path, probe(path), path.with_suffix(".pcm"), 3600, lambda: None)
    start = round(from_s * SAMPLE_RATE)
    samples = decoded.recording.read(start, decoded.recording.n_samples)
    return from_s + int(np.argmax(np.abs(samples) > AUDIBLE)) / SAMPLE_RATE, decoded.truncated


@pytest.mark.parametrize(
    ("name", "codec", "starts_s", "is_gap"),
    [
        ("late.webm", "libopus", [3.0], True),
        ("muted.webm", "libopus", [0.5, 700.0], True),
        ("late.mp4", "aac", [3.0], True),
        ("late.m4a", "aac", [2.5], True),
        ("late.mkv", "libopus", [3.0], True),
        ("late.ogg", "libopus", [3.0], True),
        ("muted.mkv", "libopus", [0.5, 650.0], True),
        ("pause.webm", "libopus", [1.5], False),
        ("pause.m4a", "aac", [1.5], False),
        ("pause.mkv", "flac", [1.5], False),
        ("pause.ogg", "libopus", [1.5], False),
        ("pause.mp3", "libmp3lame", [1.5], False),
        ("pause.wav", "pcm_s16le", [1.5], False),
        ("pause.flac", "flac", [1.5], False),
        ("pause.aac", "aac", [1.5], False),
    ],
)
def test_the_sound_begins_where_the_player_plays_it(  # noqa: PLR0917  # the clock depends on each
    chromium: Browser, site: str, tmp_path: Path, name: str, codec: str,
    starts_s: list[float], is_gap: bool,
) -> None:  # fmt: skip
    path = write_bursts(tmp_path / name, codec, starts_s, is_gap=is_gap)
    from_s = starts_s[-1] - 1.0 if len(starts_s) > 1 else 0.0
    page = chromium.new_page()
    page.goto(site)
    played_s = page.evaluate(ONSETS, [f"{site}/{name}", from_s, AUDIBLE])
    page.close()
    onset_s, is_truncated = decoded_onset(path, from_s)
    assert onset_s == pytest.approx(played_s, abs=TOLERANCE_S)
    assert not is_truncated
