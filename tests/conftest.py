from collections.abc import Iterator

import pytest

from testbed.services import Services, running_services


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Run the three real services with the embedded model for the whole test session."""
    folder = tmp_path_factory.mktemp("services")
    with running_services(folder, SHARE_LINKS="true") as services:
        yield services
