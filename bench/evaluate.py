"""Compare the installed models on your own recordings, and say which one to use.

`make evaluate MANIFEST=recordings.jsonl`, or `PYTHONPATH=src python -m bench.evaluate MANIFEST`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, `text`, what is spoken,
with its marks and capitals, and `language` (default: ru). The models are those of the hub's cache
and `embedded/whisper-base`, or those that `--models` names. Each one transcribes every recording
through the services, as a user's program would; nothing leaves this machine.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import services
from bench.evaluation import Evaluation, Transcribed, recommendation
from bench.evaluation_report import as_csv, as_html, as_markdown
from bench.machine import n_cores, this_machine
from bench.recordings import Spoken, duration_s, read_manifest
from testbed.services import running_services

EMBEDDED = "embedded/whisper-base"


def main() -> None:
    """Print a table and the recommendation; write them as CSV and as HTML."""
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--models", nargs="*", help="hub ids or folders (default: the installed)")
    parser.add_argument("--threads", type=int, default=n_cores())
    parser.add_argument("--hf-home", type=Path, default=Path("data/huggingface"))
    parser.add_argument("--output", type=Path, default=Path("bench/results/evaluation"))
    arguments = parser.parse_args()
    recordings = read_manifest(arguments.manifest)
    models = arguments.models or installed_models(arguments.hf_home)
    evaluations = [
        Evaluation(model, *transcribed(model, recordings, arguments.threads, arguments.hf_home))
        for model in models
    ]
    advice = recommendation(evaluations)
    machine = this_machine().describe(arguments.threads)
    print(machine, as_markdown(evaluations), advice, sep="\n\n")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    for ending, content in (
        (".csv", as_csv(evaluations)),
        (".html", as_html(evaluations, advice, machine)),
    ):
        arguments.output.with_suffix(ending).write_text(content, encoding="utf-8")
        print(f"Written to {arguments.output.with_suffix(ending)}")


def installed_models(hf_home: Path) -> list[str]:
    """Return the Whisper models whose weights are on this machine, the embedded one first."""
    found = [EMBEDDED]
    for config in sorted(hf_home.glob("hub/models--*/snapshots/*/config.json")):
        if json.loads(config.read_text(encoding="utf-8")).get("model_type") == "whisper":
            name = config.parents[2].name.removeprefix("models--").replace("--", "/")
            found += [name] if name not in found else []
    return found


def transcribed(
    model: str, recordings: Sequence[Spoken], threads: int, hf_home: Path
) -> tuple[list[Transcribed], int]:
    """Return what a model writes of each recording, and the peak memory of its service, in bytes.

    The first recording is sent twice, and the second answer counts: the first loads code.
    """
    settings = {
        "LLM_MODEL": model,
        "LLM_FALLBACK_MODEL": "",
        "LLM_THREADS": str(threads),
        "HF_HOME": str(hf_home.absolute()),
        "LOG_LEVEL": "WARNING",
    }
    with TemporaryDirectory() as folder, running_services(Path(folder), **settings) as running:
        called = services.Services(running.backend.url, running.llm.url)
        called.transcribe(recordings[0].path, recordings[0].language)
        found = list(_answers(called, recordings))
        return found, called.peak_bytes()["llm"]


def _answers(called: services.Services, recordings: Sequence[Spoken]) -> Iterator[Transcribed]:
    for one in recordings:
        seconds, text = called.transcribe(one.path, one.language)
        yield Transcribed(one.text, text, duration_s(one.path), seconds)


if __name__ == "__main__":
    main()
