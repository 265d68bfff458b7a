"""Run the stand-in llm in a process that a test can kill at any time."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from testbed.instant_llm import StandInLlm
from testbed.services import REPOSITORY, free_port


@dataclass
class LlmProcess:
    """A process that listens on a local port and writes its answers to a journal."""

    port: int
    delay_s: float
    journal: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        command = [sys.executable, "-m", __name__, str(self.port), str(self.delay_s)]
        sources = os.pathsep.join(str(REPOSITORY / part) for part in ("src", "tests", ""))
        self.process = subprocess.Popen(
            [*command, str(self.journal)], env=os.environ | {"PYTHONPATH": sources}
        )

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def answered(self) -> Counter[str]:
        """Return the number of answers per chunk digest, also after the process was killed."""
        return Counter(self.journal.read_text().split())


@contextmanager
def llm_process(folder: Path, delay_s: float) -> Generator[LlmProcess]:
    llm = LlmProcess(free_port(), delay_s, folder / "answered.txt")
    llm.journal.touch()
    llm.start()
    try:
        yield llm
    finally:
        llm.kill()


def main() -> None:
    port, delay_s, journal = sys.argv[1:]
    llm = StandInLlm(delay_s=float(delay_s), journal=Path(journal))
    uvicorn.run(llm.app(), port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
