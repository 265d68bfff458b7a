import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.services import Services, running_services

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and all browser tests in the first one.

    They count on a history in which no other test has recordings yet.
    """
    for item in items:
        path = item.path.relative_to(TESTS)
        group = "browser" if path.parts[0] == "browser" else str(path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Exempt what a file of tests leaves from later garbage collections.

    FastAPI's caches keep the apps that tests make. A collection of millions of objects stops the
    process for seconds, long enough for a connection to time out.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Run the three real services with the embedded model for the whole test session."""
    folder = tmp_path_factory.mktemp("services")
    with running_services(folder, SHARE_LINKS="true") as services:
        yield services
