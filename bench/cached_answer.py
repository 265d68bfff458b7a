"""Time a stored result: send an hour of WAV that was transcribed before.

`PYTHONPATH=src python -m bench.cached_answer [--hours 1] [--rounds 5]`
"""

import argparse
import http.client
import statistics
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx

from bench.default_recording import default_recording
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import free_port, running_service

_BOUNDARY = "bench"
_PIECE_BYTES = 2**20
_WORDS_PER_CHUNK = 60
"""About as many as a speaker says in half a minute."""


def main() -> None:
    """Print the seconds of each call: in all, and from the last byte sent to the answer."""
    parser = argparse.ArgumentParser(prog="cached_answer", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    port = free_port()
    with (
        TemporaryDirectory() as name,
        instant_llm(port, StandInLlm(n_words=_WORDS_PER_CHUNK)),
        running_service("backend", Path(name), LLM_URL=f"http://127.0.0.1:{port}") as backend,
    ):
        recording = repeated(default_recording().path, arguments.hours, Path(name) / "long.wav")
        print(f"{recording.stat().st_size / 2**20:.0f} MiB of WAV", flush=True)
        _wait(backend.url, _post(backend.url, recording)[0])
        after_s: list[float] = []
        for _ in range(arguments.rounds):
            _, whole_s, answer_s = _post(backend.url, recording)
            after_s.append(answer_s)
            print(
                f"whole {whole_s:.3f} s, after the last byte {answer_s * 1000:.0f} ms", flush=True
            )
    print(f"median after the last byte: {statistics.median(after_s) * 1000:.0f} ms")


def _post(url: str, recording: Path) -> tuple[str, float, float]:
    """Send a recording; return the job's path, the seconds of the call and those after sending."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
    pieces = list(_form(recording))
    started = time.perf_counter()
    connection.putrequest("POST", "/v1/transcriptions")
    connection.putheader("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")
    connection.putheader("Content-Length", str(sum(map(len, pieces))))
    connection.endheaders()
    for piece in pieces:
        connection.send(piece)
    sent = time.perf_counter()
    answer = connection.getresponse()
    answer.read()
    ended = time.perf_counter()
    if answer.status != 202:
        raise RuntimeError(f"status {answer.status}")
    return answer.headers["Location"], ended - started, ended - sent


def _form(recording: Path) -> Iterator[bytes]:
    disposition = 'Content-Disposition: form-data; name="%s"'
    option = f"--{_BOUNDARY}\r\n{disposition % 'word_timestamps'}\r\n\r\ntrue\r\n"
    file = f'--{_BOUNDARY}\r\n{disposition % "file"}; filename="a.wav"\r\n\r\n'
    yield (option + file).encode()
    with recording.open("rb") as source:
        while piece := source.read(_PIECE_BYTES):
            yield piece
    yield f"\r\n--{_BOUNDARY}--\r\n".encode()


def repeated(recording: Path, hours: float, target: Path) -> Path:
    """Write a recording again and again, until it lasts for hours."""
    with wave.open(str(recording)) as source, wave.open(str(target), "wb") as long:
        long.setparams(source.getparams())
        frames = source.readframes(source.getnframes())
        for _ in range(round(hours * 3600 * source.getframerate() / source.getnframes())):
            long.writeframes(frames)
    return target


def _wait(url: str, location: str) -> None:
    started = time.perf_counter()
    while (job := httpx.get(url + location, timeout=60).json())["status"] != "completed":
        if job["status"] == "failed":
            raise RuntimeError(job["error"])
        time.sleep(1)
    n_words = sum(len(segment["words"]) for segment in job["result"]["segments"])
    print(f"transcribed in {time.perf_counter() - started:.0f} s: {n_words} words", flush=True)


if __name__ == "__main__":
    main()
