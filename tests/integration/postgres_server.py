"""Runs a private PostgreSQL server from Debian's packages, in a temporary folder."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from debian_packages import unpacked
from testbed.debian_packages import libraries

_NAME = "postgresql"
_PACKAGES = (r"^postgresql-[0-9]+$", r"^postgresql-client-[0-9]+$", "libpq5")
_USER = "speech"
_ACCOUNT = "nobody"
"""PostgreSQL refuses to run as root; root runs it as this account, which always exists."""

_START_TIMEOUT_S = 60


@dataclass
class PostgresServer:
    """A PostgreSQL server that listens on localhost only.

    Attributes:
        binaries: the folder of PostgreSQL's programs.
        folder: for data, log and socket.
    """

    binaries: Path
    folder: Path
    port: int
    _n_databases: int = field(default=0, init=False)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
            " -c fsync=off -c jit=off -c max_connections=50"
        )
        self._control("start", "-w", "-t", str(_START_TIMEOUT_S), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; mode `immediate` is like a power failure."""
        self._control("stop", "-w", "-m", mode)

    def restart(self, mode: str = "fast") -> None:
        """Stop the server, which breaks all connections, and start it again."""
        self.stop(mode)
        self.start()

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        self._n_databases += 1
        name = f"test_{self._n_databases}"
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", _USER]
        _run(self.binaries, "createdb", *address, "-E", "UTF8", "-T", "template0", name)
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str) -> None:
        """Run a client program, such as pg_dump."""
        _run(self.binaries, program, *arguments)

    def initialise(self) -> None:
        """Create the data folder."""
        data = str(self.folder / "data")
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run(self.binaries, "initdb", "-D", data, *options, as_account=True)

    def _control(self, *arguments: str) -> None:
        places = ["-D", str(self.folder / "data"), "-l", str(self.folder / "log")]
        _run(self.binaries, "pg_ctl", *places, *arguments, as_account=True)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server inside the context, or skip the test."""
    binaries = _binaries()
    # in the system's temporary folder, because a socket's path is limited to 107 characters
    with tempfile.TemporaryDirectory(prefix="pg_", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT)
        server = PostgresServer(binaries, folder, _free_port())
        try:
            server.initialise()
            server.start()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"PostgreSQL does not start: {_reason(error)}")
        try:
            yield server
        finally:
            server.stop("immediate")


def _binaries() -> Path:
    server = "usr/lib/postgresql/*/bin/postgres"
    installed = sorted(Path("/").glob(server))
    found = installed or sorted(unpacked(_NAME, *_PACKAGES).glob(server))
    return found[-1].parent


def _run(binaries: Path, program: str, *arguments: str, as_account: bool = False) -> None:
    command = [str(binaries / program), *arguments]
    if as_account and os.geteuid() == 0:
        command = ["runuser", "-u", _ACCOUNT, "--", *command]
    _call(command, Path("/"))


def _call(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **libraries(_NAME)}
    for variable in ("PGDATA", "PGHOST", "PGPORT", "PGUSER"):
        environment.pop(variable, None)
    # the server inherits the output: waiting for a pipe to close would block until it stops
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=output, stderr=errors, check=False
        )
        output.seek(0)
        errors.seek(0)
        result = subprocess.CompletedProcess(command, done.returncode, output.read(), errors.read())
    result.check_returncode()
    return result


def _reason(error: subprocess.CalledProcessError) -> str:
    return (error.stderr or b"").decode(errors="replace").strip() or str(error)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
