"""If these fail, a service opens an outgoing connection, or needs one to transcribe."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from speech_corpus import russian_sentences
from spoken_words import wer

pytestmark = pytest.mark.slow

# The namespace's default route leads to a device that counts packets, with nothing behind it.
SINK = """
ip link set lo up
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 || true
ip link add sink type veth peer name drain
ip address add 192.0.2.1/24 dev sink
ip link set sink arp off up
ip link set drain up
ip route add default dev sink
"$@" >&2
ip -stats -json link show sink
"""


def n_outgoing_packets(command: list[str]) -> int:
    run = subprocess.run(
        ["unshare", "--net", "sh", "-euc", SINK, "sh", *command],
        stdout=subprocess.PIPE,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return json.loads(run.stdout)[0]["stats64"]["tx"]["packets"]


@pytest.fixture(autouse=True)
def _needs_network_namespaces() -> None:
    for tool in ("unshare", "ip"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (apt-get install util-linux iproute2)")
    if subprocess.run(
        ["unshare", "--net", "true"], check=False, stderr=subprocess.DEVNULL
    ).returncode:
        pytest.skip("not allowed to create a network namespace")


def test_an_outgoing_packet_is_counted() -> None:
    attempt = "import socket; socket.socket(2, 2).sendto(b'x', ('198.51.100.1', 9))"
    assert n_outgoing_packets([sys.executable, "-c", attempt]) == 1


def test_a_recording_is_transcribed_without_a_network_or_any_attempt_to_use_it(
    tmp_path: Path,
) -> None:
    sentence = russian_sentences(1)[0]
    text = tmp_path / "text"
    command = [sys.executable, "-m", "integration.offline_run", str(tmp_path)]
    assert n_outgoing_packets([*command, str(sentence.path), str(text)]) == 0
    assert wer(sentence.text, text.read_text(encoding="utf-8")) <= 0.35
