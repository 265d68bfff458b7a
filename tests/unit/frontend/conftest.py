from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import frontend
from unit.frontend.stand_in_backend import OpenPage, StandInBackend, serving

APP = Path(frontend.__file__).with_name("app.py")


@pytest.fixture
def backend() -> Iterator[StandInBackend]:
    with serving(StandInBackend()) as state:
        yield state


@pytest.fixture
def open_page(backend: StandInBackend, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open the page with the given query, against the stand-in."""
    st.cache_resource.clear()

    def run(**query: str) -> AppTest:
        monkeypatch.setenv("BACKEND_URL", backend.url)
        page = AppTest.from_file(str(APP), default_timeout=20)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return run
