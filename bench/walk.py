"""Walk from an empty page to a Word document in Chromium; print clicks and seconds of each step.

`PYTHONPATH=src:. python -m bench.walk [RECORDING] [--home http://localhost:8010]`, with the tests'
requirements and Chromium. Without `--home` it starts the services with the embedded model.

The walk is that of docs/WALK.md. A press of the mouse is a click, and so is the choice of a file in
the dialog of the operating system; a name that is typed is a step. Seconds are those that one waits
for the page: the script reads, points and types in no time.
"""

import argparse
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page, expect, sync_playwright

from bench.machine import n_cores, this_machine
from testbed.conversations import conversation
from testbed.services import running_services

PEOPLE = ["man_ru", "woman_ru"]
N_TURNS = 24
NAMES = ("Пётр", "Анна", "Мария", "Олег", "Вера", "Иван")
PATIENCE_MS = 3_600_000


@dataclass
class Step:
    """A step of the walk; `clicks` and `typed` grow while it is taken."""

    name: str
    clicks: int = 0
    typed: int = 0
    seconds: float = 0.0

    def click(self, target: Locator) -> None:
        """Press a control and count it."""
        target.click()
        self.clicks += 1


@dataclass
class Walk:
    """The steps so far, on one page."""

    page: Page
    pictures: Path | None = None
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Generator[Step]:
        """Time a step."""
        step = Step(name)
        started = time.perf_counter()
        yield step
        step.seconds = time.perf_counter() - started
        self.steps.append(step)
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"{len(self.steps)}.png")

    def take(self, home: str, recording: Path) -> None:
        """Take all steps."""
        page = self.page
        with self.step("open the page"):
            page.goto(home)
            start = page.get_by_role("button", name="Расшифровать", exact=True)
            start.wait_for()
            page.get_by_role("button", name="Выбрать файлы").wait_for()
        with self.step("choose the file; until it is uploaded and analysed") as step:
            with page.expect_file_chooser() as chooser:
                step.click(page.get_by_role("button", name="Выбрать файлы"))
            chooser.value.set_files(recording)
            step.clicks += 1
            expect(start).to_be_enabled(timeout=PATIENCE_MS)
        with self.step("start; until the first words") as step:
            step.click(start)
            page.locator(".segment").first.wait_for(timeout=PATIENCE_MS)
        with self.step("until the whole text"):
            page.get_by_text("готово за").wait_for(timeout=PATIENCE_MS)
        self._name_speakers()
        with self.step("correct a doubtful place") as step:
            self._correct(step)
        with self.step("download as Word") as step:
            step.click(page.get_by_text("Скачать", exact=True))
            with page.expect_download() as download:
                step.click(page.get_by_role("button", name="Word"))
            download.value.path()

    def _name_speakers(self) -> None:
        """Listen to each speaker and type a name."""
        page = self.page
        buttons = page.get_by_role("list", name="Говорящие").locator("button.name")
        for position, name in zip(range(buttons.count()), NAMES, strict=False):
            with self.step(f"listen to speaker {position + 1} and type the name") as step:
                shown = buttons.nth(position).inner_text().splitlines()[-1]
                first = page.locator(".segment", has=page.locator(".said-by", has_text=shown)).first
                step.click(first.locator(".text"))
                page.get_by_role("button", name="Пауза").wait_for()
                step.click(buttons.nth(position))
                page.get_by_role("textbox", name="Имя во всём тексте").fill(name)
                page.keyboard.press("Enter")
                step.typed += 1
                expect(buttons.nth(position)).to_contain_text(name)

    def _correct(self, step: Step) -> None:
        """Go to the first doubtful place by key, or take the first phrase if there is none."""
        page = self.page
        page.keyboard.press("n")
        unsure = page.locator(".segment.unsure .text, .segment[aria-current] .text").first
        unsure.dblclick()
        step.clicks += 2
        page.keyboard.press("End")
        page.keyboard.type(" да")
        page.keyboard.press("Enter")
        step.typed += 1
        page.get_by_text("Правки сохранены").wait_for()

    def print_table(self) -> None:
        """Print the steps as a table of Markdown, with the sum."""
        whole = Step(
            "all",
            sum(step.clicks for step in self.steps),
            sum(step.typed for step in self.steps),
            sum(step.seconds for step in self.steps),
        )
        print("| step | clicks | typed | seconds |\n|---|---|---|---|")
        for step in [*self.steps, whole]:
            print(f"| {step.name} | {step.clicks} | {step.typed} | {step.seconds:.1f} |")


def main() -> None:
    """Walk, and print the table."""
    parser = argparse.ArgumentParser(prog="walk", description=__doc__)
    parser.add_argument("recording", nargs="?", type=Path, help="default: two Russian speakers")
    parser.add_argument("--home", help="address of the page of services that run already")
    parser.add_argument("--pictures", type=Path, help="folder for a screenshot after each step")
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.error("chromium is not installed")
    with TemporaryDirectory() as folder:
        spoken = Path(folder) / "Встреча.wav"
        recording = arguments.recording or conversation(PEOPLE, N_TURNS).write(spoken)
        print(this_machine().describe(arguments.threads), flush=True)
        with (
            _page_address(arguments.home, Path(folder), arguments.threads) as home,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(locale="ru-RU", viewport={"width": 1440, "height": 900})
            walk = Walk(page, arguments.pictures)
            walk.take(home, recording.resolve())
            walk.print_table()
            browser.close()


@contextmanager
def _page_address(home: str | None, folder: Path, threads: int) -> Generator[str]:
    """Return the address of the page; start the services unless it is given."""
    if home is not None:
        yield home
        return
    with running_services(folder, LLM_THREADS=str(threads)) as services:
        yield services.frontend.url


if __name__ == "__main__":
    main()
