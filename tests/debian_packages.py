"""Programs for tests from Debian packages; a test that cannot get them is skipped."""

from pathlib import Path

import pytest

from testbed import debian_packages
from testbed.debian_packages import PackagesUnavailableError


def unpacked(name: str, *packages: str) -> Path:
    """Return the cached folder that holds the unpacked packages, or skip the test."""
    try:
        return debian_packages.unpacked(name, *packages)
    except PackagesUnavailableError as error:
        pytest.skip(str(error))
