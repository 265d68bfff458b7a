"""docs/OPERATIONS.md lists exactly the metrics that the backend and the llm serve."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backend.app import create_app as create_backend
from backend.settings import BackendSettings
from llm.app import create_app as create_llm
from llm.settings import LlmSettings

pytestmark = pytest.mark.whole_app

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "OPERATIONS.md"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
async def metrics(tmp_path: Path) -> AsyncIterator[str]:
    """Return what both services serve, before any work."""
    folders = {"data_dir": tmp_path / "data", "hf_home": tmp_path / "hf"}
    backend = BackendSettings(_env_file=None, data_dir=tmp_path / "data", llm_url=NOBODY)
    llm = create_llm(LlmSettings(_env_file=None, **folders))  # pyright: ignore
    app = create_backend(backend)
    async with app.router.lifespan_context(app):
        yield await _read(app) + await _read(llm)


async def _read(app: FastAPI) -> str:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


async def test_every_metric_is_documented_with_its_type(metrics: str) -> None:
    """Otherwise operators guess what a number means, or wait for one that never comes."""
    served = dict(re.findall(r"^# TYPE (\S+) (\S+)$", metrics, re.MULTILINE))
    table = OPERATIONS.read_text("utf-8").partition("## Metrics")[2].partition("\n## ")[0]
    documented: dict[str, str] = {}
    for names, kind in re.findall(r"^\| (`.+?`) \| (\w*) \|", table, re.MULTILINE):
        documented |= dict.fromkeys(re.findall(r"`(\w+)`", names), kind)
    assert documented.keys() == served.keys()
    assert not {name for name, kind in documented.items() if kind and kind != served[name]}
