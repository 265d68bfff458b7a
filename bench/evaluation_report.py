"""Write evaluations of models as a table, CSV and HTML."""

import csv
import html
import io
from collections.abc import Sequence

from bench.evaluation import Evaluation
from contracts.evaluation import Figure

_TITLES = ("model", "WER %", "CER %", "punctuation F1 %", "RTF", "memory MiB")

_CSV_TITLES = (
    "model", "recordings", "seconds",
    "wer", "wer_low", "wer_high", "cer", "cer_low", "cer_high",
    "punctuation_f1", "punctuation_f1_low", "punctuation_f1_high", "rtf", "peak_bytes",
)  # fmt: skip

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{padding:.4rem .6rem;border-bottom:1px solid #ccc;
text-align:right;white-space:nowrap}td:first-child,th:first-child{text-align:left}
td:first-child{white-space:normal;overflow-wrap:anywhere}small{color:#555}
pre{white-space:pre-wrap}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}small{color:#aaa}}"""


def as_markdown(evaluations: Sequence[Evaluation]) -> str:
    """Return a table; each interval has the value with a probability of 95 %."""
    rows = [" | ".join(_cells(each)) for each in evaluations]
    return "\n".join(
        [f"| {' | '.join(_TITLES)} |", "|---" * len(_TITLES) + "|", *(f"| {row} |" for row in rows)]
    )


def as_csv(evaluations: Sequence[Evaluation]) -> str:
    """Return a row for each model, with the bounds of the intervals."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(_CSV_TITLES)
    for each in evaluations:
        figures = (each.wer, each.cer, each.punctuation_f1)
        values = [value for one in figures for value in (one.value, one.low, one.high)]
        writer.writerow(
            [
                each.model,
                len(each.transcribed),
                round(sum(one.duration_s for one in each.transcribed), 1),
                *(round(value, 2) for value in values),
                round(each.rtf, 4),
                each.peak_bytes,
            ]
        )
    return target.getvalue()


def as_html(evaluations: Sequence[Evaluation], advice: str, machine: str) -> str:
    """Return a page that needs no other file."""
    titles = "".join(f"<th>{html.escape(title)}</th>" for title in _TITLES)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(each)) + "</tr>"
        for each in evaluations
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Models compared</title>'
        f"<style>{_STYLE}</style><h1>Models compared</h1><p><b>{html.escape(advice)}</b></p>"
        f"<table><tr>{titles}</tr>{rows}</table>"
        "<p><small>In brackets: the intervals that have the values with a probability of 95 %. "
        "RTF: processing seconds per second of audio.</small></p>"
        f"<pre>{html.escape(machine)}</pre></html>\n"
    )


def _cells(evaluation: Evaluation) -> list[str]:
    return [
        evaluation.model,
        _interval(evaluation.wer),
        _interval(evaluation.cer),
        _interval(evaluation.punctuation_f1),
        f"{evaluation.rtf:.3f}",
        f"{evaluation.peak_bytes / 2**20:.0f}",
    ]


def _interval(figure: Figure) -> str:
    return f"{figure.value:.1f} ({figure.low:.1f} to {figure.high:.1f})"
